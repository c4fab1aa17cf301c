import { join } from "node:path";
import type { BunPlugin } from "bun";

/**
 * c12 can also search for, execute, download and interpolate configuration; this program uses none of that. Each module
 * that c12 would need for it, `node:fs` included, is replaced by one whose functions throw: a tool that holds
 * credentials must never run code or read settings from the directory it is started in. Start-up is faster, too.
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

/** Their names in the list of a bundle's inputs. A build fails when one is missing, because then c12 has changed. */
export const stubInputs = Object.keys(STUBS).map((name) => `stub:${name}`);

const C12 = /[\\/]c12[\\/]dist[\\/]/;

export const stubs: BunPlugin = {
  name: "stubs",
  setup(build) {
    const names = new RegExp(`^(${Object.keys(STUBS).join("|")})$`);
    // Bun resolves its own modules before it asks a plugin, so c12 is given other names for them.
    build.onLoad({ filter: /[\\/]c12[\\/]dist[\\/]index\.mjs$/ }, async ({ path }) => ({
      contents: (await Bun.file(path).text()).replaceAll('from "node:', 'from "no:'),
      loader: "js",
    }));
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
