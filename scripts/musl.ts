/**
 * Builds the Linux programs that this machine does not run by itself, and runs a session of each: with the libraries of
 * their own system, and those for the other processor in an emulator. Exits 1 when something is wrong.
 */
import { join, resolve } from "node:path";
import { TARGETS } from "../build/targets.ts";
import { run } from "./package/run.ts";
import { type Way, wayToRun } from "./verify/run.ts";
import { smoke } from "./verify/smoke.ts";
import { debianMirror } from "./verify/sysroots.ts";

process.chdir(join(import.meta.dir, ".."));
// Only Debian's mirrors have packages for both processors.
const hasBoth = debianMirror() !== undefined;
const targets = TARGETS.filter(({ os, cpu }) => os === "linux" && (hasBoth || cpu === process.arch));
const ways = targets.map((target) => ({ name: target.name, way: wayToRun(target) }));
const others = ways.filter(({ way }) => way.note !== "here");
for (const { name } of others) run([process.execPath, "build.ts", "--target", name]);
// At once, because the steps of one session are one after the other, and an emulator is slow.
await Promise.all(others.map(tryOut));

async function tryOut({ name, way }: { name: string; way: Way }): Promise<void> {
  const start = performance.now();
  const problems = "command" in way ? await smoke(way, resolve("dist", name, "bentocloud")) : [way.note];
  for (const problem of problems) console.error(`${name}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${name}: ${problems.length === 0 ? `ok, ${way.note}` : "WRONG"}, ${seconds} s`);
}
