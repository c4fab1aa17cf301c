import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { makeChunks } from "../../build/bundle.ts";
import { type Graph, graphOf, type Module } from "./graph.ts";

/** The chunks that are in the binary, as files that record when they are evaluated. */
export interface Bundle {
  /** The file to run. */
  main: string;
  graph: Graph;
  /** The modules that were evaluated since the last call, with their bytes in the bundle. */
  takeEvaluated(): Map<Module, number>;
  remove(): void;
}

export async function bundle(plugins: readonly Bun.BunPlugin[] = []): Promise<Bundle> {
  const outdir = mkdtempSync(join(tmpdir(), "bentocloud-budget-"));
  const record = join(outdir, "evaluated");
  const options = { base: `${outdir}/`, commit: "unknown" };
  const { shared, rest, entry } = await makeChunks(options, { outdir, plugins: [...plugins] });
  const written = Object.entries({ ...shared.metafile.outputs, ...rest.metafile.outputs });
  const chunks = new Map(written.map(([path, { inputs }]) => [basename(path), inputs]));
  const entryPoints = new Map(written.map(([path, { entryPoint }]) => [basename(path), entryPoint]));
  const builtins = new Map<Module, Set<Module>>();
  for (const { path, kind } of [...shared.outputs, ...rest.outputs]) {
    if (kind === "asset") continue;
    const imported = builtinsIn(readFileSync(path, "utf8"));
    for (const module of Object.keys(chunks.get(basename(path)) ?? {})) builtins.set(module, imported);
    recordEvaluation(path, record);
  }
  writeFileSync(record, "");
  return {
    main: join(outdir, entry),
    graph: graphOf({ ...rest.metafile.inputs, ...shared.metafile.inputs }, { builtins, entryPoints }),
    takeEvaluated() {
      const names = new Set(readFileSync(record, "utf8").split("\n").filter(Boolean));
      writeFileSync(record, "");
      const inputs = [...names].flatMap((name) => Object.entries(chunks.get(name) ?? {}));
      return new Map(inputs.map(([module, { bytesInOutput }]) => [module, bytesInOutput]));
    },
    remove: () => rmSync(outdir, { recursive: true }),
  };
}

/** The runtime's modules that a chunk imports, which it names without `node:`. */
function builtinsIn(chunk: string): Set<Module> {
  const imports = chunk.matchAll(/(?:\bfrom|\bimport)\s*"(?:node:)?([a-z_/]+)"/g);
  return new Set([...imports].map(([, name]) => `node:${name}`));
}

/** Writes the record at once and not at exit, because `exec` replaces the process. */
function recordEvaluation(chunk: string, record: string): void {
  const note = [record, `${basename(chunk)}\n`].map((text) => JSON.stringify(text)).join(",");
  const head = `import{appendFileSync as recordEvaluation}from"node:fs";recordEvaluation(${note});\n`;
  writeFileSync(chunk, head + readFileSync(chunk, "utf8"));
}
