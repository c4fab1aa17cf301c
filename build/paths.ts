/** Stands in for pathe in c12: the same functions from `node:path`, which is loaded anyway. */
export { basename, dirname, extname, join, normalize, resolve } from "node:path";
