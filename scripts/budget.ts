/**
 * Prints how much code each command loads. Exits 1 when a command loads more than test/budget/budget.md allows, in which
 * case a test fails too. `--update` writes the measured loads to that file.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { takeEvidence } from "../test/support/canaries.ts";
import { bundle } from "./budget/bundle.ts";
import { complaints, parseBudget, renderBudget } from "./budget/compare.ts";
import { observe } from "./budget/observe.ts";

const FILE = join(import.meta.dir, "../test/budget/budget.md");

const { values } = parseArgs({ options: { update: { type: "boolean", default: false } } });
const program = await bundle();
try {
  const observed = await observe(program);
  const text = renderBudget(observed);
  console.log(text);
  if (values.update) await Bun.write(FILE, text);
  const found = complaints(parseBudget(await Bun.file(FILE).text()), observed, program.graph);
  for (const complaint of found) console.error(complaint);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  program.remove();
  for (const cleanup of takeEvidence().cleanups) cleanup();
}
