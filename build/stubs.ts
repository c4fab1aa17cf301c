import { join } from "node:path";
import type { BunPlugin } from "bun";
import manifest from "../package.json" with { type: "json" };

/**
 * The modules with which c12 finds, runs, downloads and interpolates configuration, including the file system, and the
 * names that c12 imports from them. A stub whose functions throw replaces each module, so that no configuration in the
 * working directory can have an effect. This also saves start-up time.
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

/** pathe, which c12 imports: the same functions are in `node:path`, which is loaded anyway. */
const PATHE = 'export { basename, dirname, extname, join, normalize, resolve } from "node:path";';

const MANIFEST = join(import.meta.dir, "..", "package.json");
const C12 = /[\\/]c12[\\/]dist[\\/]/;

export const stubs: BunPlugin = {
  name: "stubs",
  setup(build) {
    const names = new RegExp(`^(${Object.keys(STUBS).join("|")})$`);
    // Bun resolves its own modules before it asks plugins, so c12's imports of them are renamed first.
    build.onLoad({ filter: /[\\/]c12[\\/]dist[\\/]index\.mjs$/ }, async ({ path }) => ({
      contents: (await Bun.file(path).text()).replaceAll('from "node:', 'from "no:'),
      loader: "js",
    }));
    build.onResolve({ filter: new RegExp(`^pathe$|${names.source}`) }, ({ path, importer }) =>
      C12.test(importer) ? { path, namespace: "stub" } : undefined,
    );
    build.onLoad({ filter: /^pathe$/, namespace: "stub" }, () => ({ contents: PATHE, loader: "js" }));
    build.onLoad({ filter: names, namespace: "stub" }, ({ path }) => ({
      contents: STUBS[path]!.map((name) => `export function ${name}() { ${refusal(path)} }`).join("\n"),
      loader: "js",
    }));
    // The sources import the version from package.json; the rest of it belongs in no output.
    build.onLoad({ filter: /package\.json$/ }, ({ path }) =>
      path === MANIFEST
        ? { contents: JSON.stringify({ version: manifest.version }), loader: "json" }
        : undefined,
    );
  },
};

function refusal(name: string): string {
  return `throw new Error(${JSON.stringify(`${name.replace("no:", "node:")} is not part of bentocloud`)});`;
}
