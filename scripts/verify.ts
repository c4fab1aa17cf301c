/**
 * Looks at the programs in dist/ as somebody who gets one would: is it what its name says, is anything in it that
 * should not be, how large is it, and does it run? Ends with 1 when something is wrong; what cannot be told here is said.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SAFE } from "../build/compile.ts";
import { runtimeFor } from "../build/runtimes.ts";
import { TARGETS, type Target } from "../build/targets.ts";
import { checkContents, readPayload } from "./verify/contents.ts";
import { readFormat } from "./verify/format.ts";
import { smoke, wayFor } from "./verify/run.ts";

const MIB = 2 ** 20;
const MOST_OVER_BARE = 3 * MIB;

const dist = resolve(process.argv[2] ?? "dist");
const folder = mkdtempSync(join(tmpdir(), "bentocloud-bare-"));
process.chdir(join(import.meta.dir, ".."));
let wrong = 0;
try {
  writeFileSync(join(folder, "bare.ts"), 'console.log("word");\n');
  const rows: string[][] = [];
  for (const target of TARGETS) rows.push(await verify(target));
  print([["", "format", "starts with", "runs on", "size", "over bare", "gzip", "run", "verdict"], ...rows]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = wrong > 0 ? 1 : 0;

async function verify(target: Target): Promise<string[]> {
  const path = join(dist, target.name, target.exe);
  if (!existsSync(path)) return rowOf(target, [], "not built");
  try {
    const program = readFileSync(path);
    const bare = readFileSync(await compileBare(target));
    const { format, cpu, interpreter, glibc, minimum, problems } = readFormat(program, target);
    problems.push(...checkContents(readPayload(program), readPayload(bare), target));
    const over = program.length - bare.length;
    if (over > MOST_OVER_BARE) problems.push(`it is more than ${inMib(MOST_OVER_BARE)} over a bare program`);
    const way = wayFor(target);
    if ("words" in way) problems.push(...(await smoke([...way.words, path])));
    const systems = glibc ? `glibc ${glibc}` : minimum ? `macOS ${minimum}` : (target.libc ?? "Windows");
    return rowOf(
      target,
      [
        `${format} ${cpu}`,
        interpreter?.replace(/.*\//, "") ?? "the system",
        systems,
        inMib(program.length),
        inMib(over),
        inMib(Bun.gzipSync(program, { level: 9 }).length),
        way.note,
      ],
      ...problems,
    );
  } catch (error) {
    return rowOf(target, [], (error as Error).message);
  }
}

/** Says at once what is wrong. */
function rowOf({ name }: Target, cells: string[], ...problems: string[]): string[] {
  for (const problem of problems) console.error(`${name}: ${problem}`);
  wrong += problems.length;
  return [
    name,
    ...Array.from({ length: 7 }, (_, index) => cells[index] ?? "-"),
    problems.length > 0 ? "WRONG" : "ok",
  ];
}

async function compileBare(target: Target): Promise<string> {
  const outfile = join(folder, target.name, target.exe);
  await Bun.build({
    entrypoints: [join(folder, "bare.ts")],
    target: "bun",
    format: "esm",
    bytecode: true,
    compile: { outfile, ...SAFE, ...(await runtimeFor(target)) },
  });
  return outfile;
}

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(2)} MiB`;
}

function print(rows: string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
}
