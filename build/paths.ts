/** What c12 takes from pathe stands in `node:path` as well, which is loaded in any case. */
export { basename, dirname, extname, join, normalize, resolve } from "node:path";
