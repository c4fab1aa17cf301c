/**
 * Builds the Linux programs that this machine does not run by itself, and runs a session of each: with the libraries of
 * their own system, and those for the other processor in an emulator. Exits 1 when something is wrong.
 */
import { join, resolve } from "node:path";
import { TARGETS } from "../build/targets.ts";
import { run } from "./package/run.ts";
import { wayToRun } from "./verify/run.ts";
import { type Runner, smoke } from "./verify/smoke.ts";
import { debianMirror } from "./verify/sysroots.ts";

process.chdir(join(import.meta.dir, ".."));
// Only Debian's mirrors have packages for both processors.
const hasBoth = debianMirror() !== undefined;
const targets = TARGETS.filter(({ os, cpu }) => os === "linux" && (hasBoth || cpu === process.arch));
for (const target of targets) {
  const way = wayToRun(target);
  if (way.note === "here") continue;
  const start = performance.now();
  const problems = "command" in way ? await tryOut(target.name, way) : [way.note];
  for (const problem of problems) console.error(`${target.name}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${target.name}: ${problems.length === 0 ? `ok, ${way.note}` : "WRONG"}, ${seconds} s`);
}

async function tryOut(name: string, runner: Runner): Promise<string[]> {
  run([process.execPath, "build.ts", "--target", name]);
  return smoke(runner, resolve("dist", name, "bentocloud"));
}
