import { join } from "node:path";
import type { BunPlugin } from "bun";
import manifest from "../package.json" with { type: "json" };

const MANIFEST = join(import.meta.dir, "..", "package.json");

/** Reduces our package.json to its version when the sources import it, so that no output contains the rest. */
export const versionOnly: BunPlugin = {
  name: "version-only",
  setup(build) {
    build.onLoad({ filter: /package\.json$/ }, ({ path }) => {
      if (path !== MANIFEST) return undefined;
      return { contents: JSON.stringify({ version: manifest.version }), loader: "json" };
    });
  },
};
