/**
 * Measures what a person waits for, beside programs that do the same, and prints it; with `--write` it writes
 * docs/benchmarks.md and its plots. It judges nothing: it fails when a program it measures does.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench } from "./bench/bench.ts";
import { describeMachine } from "./bench/machine.ts";
import { renderReport } from "./bench/markdown.ts";
import { measureContexts } from "./bench/parts/contexts.ts";
import { measureFootprint } from "./bench/parts/footprint.ts";
import { measureLogin } from "./bench/parts/login.ts";
import { measureLogins } from "./bench/parts/logins.ts";
import { measureStartUp } from "./bench/parts/startup.ts";
import { measureStatus } from "./bench/parts/status.ts";
import { findPeers } from "./bench/peers.ts";
import { drawPlots } from "./bench/plots.ts";
import type { Report } from "./bench/result.ts";
import { openWorkshop } from "./bench/workshop.ts";

const DOCS = join(import.meta.dir, "../docs");
const QUICK_ROUNDS = 5;

const PARTS = [
  { name: "start-up", measure: measureStartUp },
  { name: "footprint", measure: measureFootprint },
  { name: "login", measure: measureLogin },
  { name: "status --all", measure: measureStatus },
  { name: "many contexts", measure: measureContexts },
  { name: "simultaneous logins", measure: measureLogins },
];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const rounds = values.quick ? QUICK_ROUNDS : Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number from 1");

const workshop = await openWorkshop();
try {
  const bench: Bench = { workshop, rounds, peers: await findPeers(workshop) };
  const { missing } = bench.peers;
  for (const reason of missing) console.error(`not measured: ${reason}`);
  const report: Report = { rounds, facts: describeMachine(bench), missing, parts: [] };
  for (const { name, measure } of PARTS) {
    console.error(`measuring ${name}`);
    report.parts.push(await measure(bench));
  }
  console.log(renderReport(report, null));
  if (values.write) {
    await Bun.write(join(DOCS, "benchmarks.md"), renderReport(report, "benchmarks"));
    await drawPlots(report, join(DOCS, "benchmarks"));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  workshop.remove();
}
