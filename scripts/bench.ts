/**
 * Measures how long a person waits for our commands and for other tools, and prints a report; `--write` writes it to
 * docs/internals/benchmarks.md with its plots, `--part NAME` measures one part alone. A target that is missed does not make it fail, only a program that fails does.
 */
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench } from "./bench/bench.ts";
import { describeMachine } from "./bench/machine.ts";
import { plotsOf, PLOTS, renderReport } from "./bench/markdown.ts";
import { measureContexts } from "./bench/parts/contexts.ts";
import { measureFootprint } from "./bench/parts/footprint.ts";
import { measureLogin } from "./bench/parts/login.ts";
import { measureLogins } from "./bench/parts/logins.ts";
import { measureProxy } from "./bench/parts/proxy.ts";
import { measureScan } from "./bench/parts/scan.ts";
import { measureStartUp } from "./bench/parts/startup.ts";
import { measureStatus } from "./bench/parts/status.ts";
import { measureStores } from "./bench/parts/stores.ts";
import { drawPlot } from "./bench/plot.ts";
import { findPeers } from "./bench/peers.ts";
import type { Report } from "./bench/result.ts";
import { openSandbox } from "./bench/sandbox.ts";

const REPORT = join(import.meta.dir, "../docs/internals/benchmarks.md");
const QUICK_ROUNDS = 5;

const PARTS = [
  { name: "start-up", measure: measureStartUp },
  { name: "footprint", measure: measureFootprint },
  { name: "login", measure: measureLogin },
  { name: "status --all", measure: measureStatus },
  { name: "many contexts", measure: measureContexts },
  { name: "simultaneous logins", measure: measureLogins },
  { name: "secret stores", measure: measureStores },
  { name: "scan", measure: measureScan },
  { name: "proxy", measure: measureProxy },
];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    part: { type: "string" },
  },
});
const rounds = values.quick ? QUICK_ROUNDS : Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number from 1");

const parts = PARTS.filter(({ name }) => values.part === undefined || name === values.part);
if (parts.length === 0) throw new Error(`--part takes one of ${PARTS.map(({ name }) => name).join(", ")}`);
if (values.part && values.write) throw new Error("--write takes all parts");

const sandbox = await openSandbox();
try {
  const bench: Bench = { sandbox, rounds, peers: await findPeers(sandbox) };
  const { missing } = bench.peers;
  for (const reason of missing) console.error(`not measured: ${reason}`);
  const report: Report = { rounds, facts: describeMachine(bench), missing, parts: [] };
  for (const { name, measure } of parts) {
    console.error(`measuring ${name}`);
    report.parts.push(await measure(bench));
  }
  const text = renderReport(report);
  console.log(text);
  if (values.write) {
    await Bun.write(REPORT, text);
    for (const plot of plotsOf(report.parts))
      await Bun.write(join(dirname(REPORT), PLOTS, `${plot.name}.svg`), await drawPlot(plot));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  sandbox.remove();
}
