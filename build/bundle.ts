/**
 * The first half of a build: bundles the sources into chunks, one for each set of modules that load together.
 * `compile.ts`, the second half, puts them into a binary.
 */
import { builtins } from "./builtins.ts";
import { packJq } from "./jq.ts";
import { buildChunks, ENTRY, nameOf } from "./start-chunk.ts";
import { stubInputs, stubs } from "./stubs.ts";

/** The name of the chunk in which the program starts. */
export const START = "main.js";

/** Every package whose code may be in the binary. Any other package fails the build. */
const BUNDLED = new Set(
  `@clack/core @clack/prompts bundle-name c12 citty confbox consola default-browser default-browser-id
  define-lazy-prop destr fast-string-truncated-width fast-string-width fast-wrap-ansi
  is-docker is-in-ssh is-inside-container is-wsl jq-wasm node-fetch-native ofetch open powershell-utils
  run-applescript sisteransi ufo wsl-utils yaml`.split(/\s+/),
);

/**
 * The modules of commands that scripts and prompts run often. These, and everything they import statically, go into the
 * binary as bytecode, which starts faster but takes three times the space of the text. Everything else stays text.
 */
const HOT = [
  ENTRY,
  ...["token", "use", "status", "env", "exec", "context/current", "context/list"].map(
    (name) => `src/commands/${name}.ts`,
  ),
  "src/cli/completion/respond.ts",
  "src/cli/help.ts",
  "src/yaml/read-json.ts",
  "src/store/versions.ts",
  "src/store/state.ts",
  "src/commands/completion/_values.ts",
  "src/app.ts",
  "src/system/execute.ts",
  "src/system/print-answer.ts",
];

export interface Chunk {
  /** The file name, which depends on the content. */
  name: string;
  contents: Uint8Array;
  isHot: boolean;
}

export interface Bundle {
  chunks: Chunk[];
  /** Source maps by the name of the chunk. */
  maps: Map<string, string>;
  /** The folders of the packages whose code is in the bundle, sorted. */
  packages: string[];
}

export interface BundleOptions {
  /** The folder inside the binary where it finds its chunks, with a slash at the end. */
  base: string;
  commit: string;
}

/** The bundler options that decide what the chunks are; `npm run budget` makes the same chunks without compiling them. */
export async function makeChunks({ base, commit }: BundleOptions, more: Partial<Bun.BuildConfig> = {}) {
  return buildChunks({
    base,
    config: {
      target: "bun",
      format: "esm",
      publicPath: base,
      // Short identifiers save no measurable time, and stack traces would lose their names.
      minify: { whitespace: true, syntax: true, identifiers: false },
      define: { BENTOCLOUD_COMMIT: JSON.stringify(commit) },
      naming: { entry: "[name]-[hash].[ext]", chunk: "[hash].[ext]", asset: "[hash].[ext]" },
      ...more,
      plugins: [...(more.plugins ?? []), await packJq(), builtins, stubs],
    },
  });
}

/** The working directory must be the checkout, because the names of the chunks depend on it. */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  // In the binary they would take two thirds of a MiB; `scripts/trace.ts` reads them from files.
  const { shared, rest, entry } = await makeChunks(options, { sourcemap: "external" });
  const inputs = { ...rest.metafile.inputs, ...shared.metafile.inputs };
  const packages = packagesOf(Object.keys(inputs));
  const hot = hotChunks({ ...rest.metafile.outputs, ...shared.metafile.outputs });
  const chunks: Chunk[] = [];
  const maps = new Map<string, string>();
  for (const output of [...shared.outputs, ...rest.outputs]) {
    const written = nameOf(output.path).replace(/\.map$/, "");
    const name = written === entry ? START : written;
    if (output.kind === "sourcemap") maps.set(name, await output.text());
    else chunks.push({ name, contents: new Uint8Array(await output.arrayBuffer()), isHot: hot.has(written) });
  }
  return { chunks, maps, packages };
}

function packagesOf(inputs: string[]): string[] {
  const unused = stubInputs.filter((stub) => !inputs.includes(stub));
  if (unused.length > 0) throw new Error(`no longer imported by c12: ${unused.join(", ")}`);
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  // The script of jq-wasm is bundled on its own, so it is not among the inputs.
  if (inputs.some((path) => path.startsWith("jq:"))) folders.push("node_modules/jq-wasm");
  const packages = [...new Set(folders)].sort();
  const foreign = packages.filter((folder) => !BUNDLED.has(folder.replace(/.*node_modules\//, "")));
  if (foreign.length > 0) throw new Error(`not allowed in the binary: ${foreign.join(", ")}`);
  return packages;
}

type Graph = Record<string, { inputs: Record<string, unknown>; imports: { path: string; kind: string }[] }>;

/** The chunks with modules of `HOT`, and those that they import statically. */
function hotChunks(graph: Graph): Set<string> {
  const chunks = new Map(Object.entries(graph).map(([path, chunk]) => [nameOf(path), chunk]));
  const hot = new Set<string>();
  const visit = (name: string) => {
    const chunk = chunks.get(name);
    if (!chunk || hot.has(name)) return;
    hot.add(name);
    for (const { path, kind } of chunk.imports) if (kind === "import-statement") visit(nameOf(path));
  };
  for (const module of HOT) {
    const place = [...chunks].find(([, { inputs }]) => Object.hasOwn(inputs, module));
    if (!place) throw new Error(`${module} is not in the program`);
    visit(place[0]);
  }
  return hot;
}
