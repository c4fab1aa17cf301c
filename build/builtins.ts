import { createRequire } from "node:module";
import type { BunPlugin } from "bun";

/** Modules that few commands need. */
const RARE = ["child_process"];

/**
 * Replaces imports of these modules by `process.getBuiltinModule()`. For an imported module Bun puts bytecode of its own
 * sources, and of everything they import, into the binary, although the runtime has them already: half a MiB for this
 * one. `node:fs` costs three times that, but every start needs it, and would take half as long again without the import.
 */
export const builtins: BunPlugin = {
  name: "builtins",
  setup(build) {
    // Bun resolves its own modules before it asks plugins, so the imports are renamed first.
    const imported = new RegExp(`(?<=\\bfrom\\s*["'])node:(?=(?:${RARE.join("|")})["'])`, "g");
    build.onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
      const text = await Bun.file(path).text();
      const renamed = text.replaceAll(imported, "rare:");
      return renamed === text ? undefined : { contents: renamed, loader: path.endsWith(".ts") ? "ts" : "js" };
    });
    build.onResolve({ filter: /^rare:/ }, ({ path }) => ({
      path: path.replace("rare:", "node:"),
      namespace: "rare",
    }));
    build.onLoad({ filter: /(?:)/, namespace: "rare" }, ({ path }) => ({
      contents: lazyModule(path),
      loader: "js",
    }));
  },
};

function lazyModule(name: string): string {
  const members = Object.keys(createRequire(import.meta.url)(name)).filter((member) => member !== "default");
  return `
const module = process.getBuiltinModule("${name}");
export default module;
export const { ${members.join(", ")} } = module;`;
}
