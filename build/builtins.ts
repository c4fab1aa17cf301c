import { createRequire } from "node:module";
import type { BunPlugin } from "bun";

/** What few runs need. */
const RARE = ["child_process"];

/**
 * Has a module of Node fetched where it is needed instead of imported. For each that is imported Bun puts the
 * translation of its own sources into the binary, and of all that those import, beside what the runtime holds already:
 * half a MiB for this one. `node:fs` costs three times that, but without it each start would take half as long again.
 */
export const builtins: BunPlugin = {
  name: "builtins",
  setup(build) {
    // Bun resolves its own modules before it asks a plugin, so they are given other names.
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
      contents: fetching(path),
      loader: "js",
    }));
  },
};

function fetching(name: string): string {
  const members = Object.keys(createRequire(import.meta.url)(name)).filter((member) => member !== "default");
  return `
const module = process.getBuiltinModule("${name}");
export default module;
export const { ${members.join(", ")} } = module;`;
}
