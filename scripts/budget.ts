/**
 * Says how much code each command loads, and what is not within its budget; `--update` makes what there is the budget.
 * The test of the same name fails by it.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { takeEvidence } from "../test/support/canaries.ts";
import { bundle } from "./budget/bundle.ts";
import { type Budget, bytesOf, complaints, count } from "./budget/compare.ts";
import { observe } from "./budget/observe.ts";

const FILE = join(import.meta.dir, "../test/budget/budget.json");

const { values } = parseArgs({ options: { update: { type: "boolean", default: false } } });
const built = await bundle();
try {
  const observed = await observe(built);
  for (const [name, load] of observed) {
    const bytes = count(bytesOf(load)).padStart(9);
    const modules = [...load.modules].filter((module) => !module.startsWith("node:")).length;
    console.log(
      `${name.padEnd(22)}${bytes} bytes${String(modules).padStart(5)} modules  ${load.builtins.join(" ")}`,
    );
  }
  if (values.update) {
    const budget = [...observed].map(([name, { code, builtins }]) => [name, { code, builtins }]);
    await Bun.write(FILE, `${JSON.stringify(Object.fromEntries(budget), null, 2)}\n`);
  }
  const budget: Budget = await Bun.file(FILE).json();
  const found = complaints(budget, observed, built.graph);
  for (const complaint of found) console.error(complaint);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  built.remove();
  for (const cleanup of takeEvidence().cleanups) cleanup();
}
