import { join } from "node:path";
import type { BunPlugin } from "bun";

/**
 * c12 can also find, run, fetch and interpolate configuration; this program uses none of that. Each module it would
 * do so with, the file system included, is replaced by one whose functions throw, so that a credentials tool cannot
 * believe a directory it happens to be in. It saves start-up time, too.
 */
const STUBS: Record<string, string[]> = {
  "confbox/json5": ["parseJSON5"],
  "confbox/jsonc": ["parseJSONC"],
  "confbox/toml": ["parseTOML"],
  "confbox/yaml": ["parseYAML"],
  defu: ["defu"],
  dotenv: ["parse"],
  exsolve: ["resolveModulePath"],
  giget: ["downloadTemplate"],
  jiti: ["createJiti"],
  "no:fs": ["existsSync", "promises", "statSync"],
  "no:fs/promises": ["readFile", "rm"],
  "no:os": ["homedir"],
  "no:url": ["pathToFileURL"],
  ohash: ["digest"],
  "perfect-debounce": ["debounce"],
  "pkg-types": ["findWorkspaceDir", "readPackageJSON"],
  rc9: ["read", "readUser"],
};

/** The modules as a bundle's list of inputs names them: all must be there, or c12 has changed. */
export const stubInputs = Object.keys(STUBS).map((name) => `stub:${name}`);

const C12 = /[\\/]c12[\\/]dist[\\/]/;
const CITTY = /[\\/]citty[\\/]dist[\\/]/;

export const stubs: BunPlugin = {
  name: "stubs",
  setup(build) {
    const names = new RegExp(`^(${Object.keys(STUBS).join("|")})$`);
    // Bun resolves its own modules before it asks a plugin, so these packages are given other names for them.
    build.onLoad({ filter: /[\\/](c12|citty)[\\/]dist[\\/]index\.mjs$/ }, async ({ path }) => ({
      contents: (await Bun.file(path).text()).replaceAll('from "node:', 'from "no:'),
      loader: "js",
    }));
    build.onResolve({ filter: /^no:util$/ }, ({ importer }) =>
      CITTY.test(importer) ? { path: join(import.meta.dir, "words.ts") } : undefined,
    );
    build.onResolve({ filter: /^pathe$/ }, ({ importer }) =>
      C12.test(importer) ? { path: join(import.meta.dir, "paths.ts") } : undefined,
    );
    build.onResolve({ filter: names }, ({ path, importer }) =>
      C12.test(importer) ? { path, namespace: "stub" } : undefined,
    );
    build.onLoad({ filter: names, namespace: "stub" }, ({ path }) => ({
      contents: STUBS[path]!.map((name) => `export function ${name}() { ${refusal(path)} }`).join("\n"),
      loader: "js",
    }));
  },
};

function refusal(name: string): string {
  return `throw new Error(${JSON.stringify(`${name.replace("no:", "node:")} is not part of bentocloud`)});`;
}
