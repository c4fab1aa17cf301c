import { runChecks, type Result } from "../checks/check.ts";
import { current } from "../checks/current.ts";
import { file } from "../checks/file.ts";
import { home } from "../checks/home.ts";
import { leftovers } from "../checks/leftovers.ts";
import { lost } from "../checks/lost.ts";
import { modes } from "../checks/modes.ts";
import { names } from "../checks/names.ts";
import { tokens } from "../checks/tokens.ts";
import { values } from "../checks/values.ts";
import { command } from "../cli/command.ts";
import type { Cell } from "../system/output.ts";
import type { Tone } from "../system/paint.ts";

/** Modes before anything that narrows them in passing. */
const CHECKS = [home, modes, leftovers, file, lost, names, tokens, current, values];

export const doctor = command({
  name: "doctor",
  description: "Look for what is wrong with the stored contexts, and repair it",
  args: {
    fix: { type: "boolean", description: "Repair what can be repaired without losing anything" },
  },
  async run(args, cli) {
    const { results, repairable } = await runChecks(cli, CHECKS, { fix: args.fix ?? false });
    if (cli.output.json) cli.output.data({ checks: results });
    else await cli.output.table(results.flatMap(toRows));
    if (repairable > 0) cli.output.hint(`bentocloud doctor --fix repairs ${repairable} of these`);
    return results.some(({ status }) => status === "fail") ? 1 : 0;
  },
});

const MARKS: Record<Result["status"], readonly [text: string, tone: Tone]> = {
  ok: ["✓", "good"],
  warn: ["!", "warning"],
  fail: ["✗", "bad"],
};

function toRows({ id, status, message, hint, fixed }: Result): Cell[][] {
  const [text, tone] = MARKS[status];
  const row = [{ text, tone }, { text: id }, { text: fixed ? `repaired: ${message}` : message }];
  return hint === null ? [row] : [row, [{ text: "" }, { text: "" }, { text: hint, tone: "dim" }]];
}
