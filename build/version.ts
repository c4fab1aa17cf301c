import { join } from "node:path";
import type { BunPlugin } from "bun";
import manifest from "../package.json" with { type: "json" };

const MANIFEST = join(import.meta.dir, "..", "package.json");

/** Of our package.json the sources read the version, and nothing else of it is anybody's business. */
export const versionOnly: BunPlugin = {
  name: "version-only",
  setup(build) {
    build.onLoad({ filter: /package\.json$/ }, ({ path }) => {
      if (path !== MANIFEST) return undefined;
      return { contents: JSON.stringify({ version: manifest.version }), loader: "json" };
    });
  },
};
