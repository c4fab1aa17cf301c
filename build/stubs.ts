import { join } from "node:path";
import type { BunPlugin } from "bun";

/**
 * The modules with which c12 finds, runs, downloads and interpolates configuration, the file system included, and what it
 * imports from them. We use none of that: each is replaced by a stub whose functions throw, so that no configuration of
 * the working directory can have an effect. It also saves start-up time.
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

/** The stubs as the bundler names them. If one is missing from a bundle, c12 has changed. */
export const stubInputs = Object.keys(STUBS).map((name) => `stub:${name}`);

const C12 = /[\\/]c12[\\/]dist[\\/]/;
const CITTY = /[\\/]citty[\\/]dist[\\/]/;

export const stubs: BunPlugin = {
  name: "stubs",
  setup(build) {
    const names = new RegExp(`^(${Object.keys(STUBS).join("|")})$`);
    // Bun resolves its own modules before it asks plugins, so the imports of these packages are renamed first.
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
