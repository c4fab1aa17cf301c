import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { chunking } from "../../build/bundle.ts";
import { type Graph, graphOf, type Module } from "./graph.ts";

/** The program's chunks as they are in the binary, but as files, each of which writes down that it was evaluated. */
export interface Bundle {
  /** The file to run. */
  main: string;
  graph: Graph;
  /** What was evaluated since the last call, with the bytes of it that are in the bundle. */
  takeEvaluated(): Map<Module, number>;
  remove(): void;
}

export async function bundle(plugins: readonly Bun.BunPlugin[] = []): Promise<Bundle> {
  const outdir = mkdtempSync(join(tmpdir(), "bentocloud-budget-"));
  const record = join(outdir, "evaluated");
  const options = await chunking("unknown");
  const { metafile, outputs } = await Bun.build({
    ...options,
    plugins: [...plugins, ...options.plugins],
    outdir,
  });
  for (const { path, kind } of outputs) if (kind !== "asset") addNote(path, record);
  const chunks = new Map(
    Object.entries(metafile!.outputs).map(([path, { inputs }]) => [basename(path), inputs]),
  );
  appendFileSync(record, "");
  return {
    main: join(outdir, "main.js"),
    graph: graphOf(metafile!.inputs),
    takeEvaluated() {
      const names = new Set(readFileSync(record, "utf8").split("\n").filter(Boolean));
      writeFileSync(record, "");
      const inputs = [...names].flatMap((name) => Object.entries(chunks.get(name) ?? {}));
      return new Map(inputs.map(([module, { bytesInOutput }]) => [module, bytesInOutput]));
    },
    remove: () => rmSync(outdir, { recursive: true }),
  };
}

/** At once and not at the end, which a process that becomes another program does not reach. */
function addNote(chunk: string, record: string): void {
  const note = [record, `${basename(chunk)}\n`].map((text) => JSON.stringify(text)).join(",");
  const head = `import{appendFileSync as noteThatThisWasEvaluated}from"node:fs";noteThatThisWasEvaluated(${note});\n`;
  writeFileSync(chunk, head + readFileSync(chunk, "utf8"));
}
