import { type Result, runChecks } from "../doctor/check.ts";
import { command, flag } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import type { Cell } from "../system/output.ts";
import type { Tone } from "../system/paint.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const doctor = command({
  name: "doctor",
  description: "Check this machine, the stored contexts and the way to the server",
  args: {
    fix: flag("Repair what can be repaired without loss"),
    offline: flag("Open no connection"),
    report: flag("Print a report for a public issue, without names and paths"),
    ...REQUEST_ARGS,
  },
  async run(args, cli) {
    if (args.fix && args.report) throw usageError("--report goes without --fix");
    const { listChecks } = await import("../doctor/list.ts");
    const scope = { offline: args.offline, insecureHttp: args["insecure-http"] };
    const checks = await listChecks(scope);
    const { results, hidden, repairable } = await runChecks(cli, checks, { fix: args.fix });
    const exitCode = results.some(({ status }) => status === "fail") ? 1 : 0;
    if (args.report) {
      const { writeReport } = await import("../doctor/report/report.ts");
      const report = await writeReport(cli, results, hidden);
      if (cli.output.json) cli.output.data(report.data);
      else for (const line of report.lines) cli.output.line(line);
      cli.output.info("Known names and paths were removed; read the report before you post it");
      return exitCode;
    }
    if (cli.output.json) cli.output.data({ checks: results });
    else await cli.output.table([], results.flatMap(toRows));
    if (repairable > 0) cli.output.hint(`bentocloud doctor --fix repairs ${repairable} of these`);
    return exitCode;
  },
});

const MARKS: Record<Result["status"], readonly [text: string, tone: Tone]> = {
  ok: ["✓", "good"],
  warn: ["!", "warning"],
  fail: ["✗", "bad"],
};

function toRows({ id, status, message, hint, fixed }: Result): Cell[][] {
  const [text, tone] = MARKS[status];
  const row: Cell[] = [{ text, tone }, id, fixed ? `repaired: ${message}` : message];
  return hint === null ? [row] : [row, ["", "", { text: hint, tone: "dim" }]];
}
