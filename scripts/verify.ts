/**
 * Checks the programs in dist/ as a user who downloaded one would: format, contents, size, and whether it runs. Exits 1
 * when something is wrong, and lists what this machine cannot check. `--signed` also requires that programs for macOS are
 * signed, which only works on macOS.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { SAFE } from "../build/compile.ts";
import { survivesStrip } from "../build/elf.ts";
import { runtimeFor } from "../build/runtimes.ts";
import { TARGETS, type Target } from "../build/targets.ts";
import { compileBare } from "./bare.ts";
import { run } from "./package/run.ts";
import { table } from "./table.ts";
import { checkContents, readPayload } from "./verify/contents.ts";
import { readFormat } from "./verify/format.ts";
import { PYTHON } from "./verify/python.ts";
import { wayToRun } from "./verify/run.ts";
import { smoke } from "./verify/smoke.ts";

const MIB = 2 ** 20;
const MOST_OVER_BARE = 3.5 * MIB;
const HEADER = ["target", "format", "loader", "runs on", "size", "over bare", "gzip", "run", "verdict"];

const { values, positionals } = parseArgs({
  options: { signed: { type: "boolean", default: false } },
  allowPositionals: true,
});
const dist = resolve(positionals[0] ?? "dist");
const folder = mkdtempSync(join(tmpdir(), "bentocloud-bare-"));
process.chdir(join(import.meta.dir, ".."));
try {
  const rows: string[][] = [];
  for (const target of TARGETS) rows.push(await verify(target));
  console.log(table(HEADER, rows));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A row of the table. Prints each problem at once. */
async function verify(target: Target): Promise<string[]> {
  const { cells, problems, isUnsigned } = await look(target);
  for (const problem of problems) console.error(`${target.name}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  const verdict = problems.length > 0 ? "WRONG" : isUnsigned ? "NOT SIGNED" : "ok";
  return [target.name, ...Array.from({ length: 7 }, (_, index) => cells[index] ?? "-"), verdict];
}

interface Look {
  cells: string[];
  problems: string[];
  isUnsigned?: boolean;
}

async function look(target: Target): Promise<Look> {
  const path = join(dist, target.name, target.exe);
  if (!existsSync(path)) return { cells: [], problems: ["not built"] };
  try {
    const program = readFileSync(path);
    const outfile = join(folder, target.name, target.exe);
    await compileBare(folder, { outfile, ...SAFE, ...(await runtimeFor(target)) });
    const bare = readFileSync(outfile);
    const {
      format,
      cpu,
      interpreter,
      glibc,
      minimum,
      signature: own = [],
      problems,
    } = readFormat(program, target);
    problems.push(...checkContents(readPayload(program), readPayload(bare), target));
    if (format === "ELF" && !survivesStrip(program)) problems.push("strip would make it a bare Bun");
    const other = format === "Mach-O" ? checkWithLief(path) : [];
    if (own.length > 0 !== other.length > 0) problems.push("LIEF and build/macos.ts do not agree");
    const signature = [...own, ...other];
    if (values.signed) problems.push(...signature.map((problem) => `signature: ${problem}`));
    const over = program.length - bare.length;
    if (over > MOST_OVER_BARE) problems.push(`it is more than ${inMib(MOST_OVER_BARE)} over a bare program`);
    const way = wayToRun(target);
    if ("command" in way) problems.push(...(await smoke(way, path)));
    const cells = [
      `${format} ${cpu}`,
      interpreter?.replace(/.*\//, "") ?? "the system",
      glibc ? `glibc ${glibc}` : minimum ? `macOS ${minimum}` : (target.libc ?? "Windows"),
      inMib(program.length),
      inMib(over),
      inMib(Bun.gzipSync(program, { level: 9 }).length),
      way.note,
    ];
    return { cells, problems, isUnsigned: signature.length > 0 };
  } catch (error) {
    return { cells: [], problems: [(error as Error).message] };
  }
}

/** Reads the signature of a program for macOS once more, with a library that is not ours. */
function checkWithLief(path: string): string[] {
  const lines = run([PYTHON, join(import.meta.dir, "verify/signature.py"), path]).split("\n");
  return lines.filter((line) => line !== "");
}

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(2)} MiB`;
}
