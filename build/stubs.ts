import type { BunPlugin } from "bun";

/**
 * c12 can also run, fetch and interpolate configuration; this program uses none of that. Each module it would do
 * so with is replaced by one whose functions throw, so that a credentials tool cannot run code from a directory.
 */
const STUBS: Record<string, string[]> = {
  "confbox/json5": ["parseJSON5"],
  "confbox/jsonc": ["parseJSONC"],
  "confbox/toml": ["parseTOML"],
  "confbox/yaml": ["parseYAML"],
  dotenv: ["parse"],
  exsolve: ["resolveModulePath"],
  giget: ["downloadTemplate"],
  jiti: ["createJiti"],
  ohash: ["digest"],
  "perfect-debounce": ["debounce"],
  "pkg-types": ["findWorkspaceDir", "readPackageJSON"],
};

/** The modules as a bundle's list of inputs names them: all must be there, or c12 has changed. */
export const stubInputs = Object.keys(STUBS).map((name) => `stub:${name}`);

export const stubs: BunPlugin = {
  name: "stubs",
  setup(build) {
    const names = new RegExp(`^(${Object.keys(STUBS).join("|")})$`);
    build.onResolve({ filter: names }, ({ path, importer }) =>
      /[\\/]c12[\\/]dist[\\/]/.test(importer) ? { path, namespace: "stub" } : undefined,
    );
    build.onLoad({ filter: names, namespace: "stub" }, ({ path }) => ({
      contents: STUBS[path]!.map((name) => `export function ${name}() { ${refusal(path)} }`).join("\n"),
      loader: "js",
    }));
  },
};

function refusal(name: string): string {
  return `throw new Error(${JSON.stringify(`${name} is not part of bentocloud`)});`;
}
