import { type Result, runChecks } from "../doctor/check.ts";
import { command } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import type { Cell } from "../system/output.ts";
import type { Tone } from "../system/paint.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const doctor = command({
  name: "doctor",
  description: "Look for what is wrong here and on the way to the server, and repair what is stored",
  args: {
    fix: { type: "boolean", description: "Repair what can be repaired without losing anything" },
    offline: { type: "boolean", description: "Open no connection" },
    report: { type: "boolean", description: "Print it for a public issue, without names and places" },
    ...REQUEST_ARGS,
  },
  async run(args, cli) {
    if (args.fix && args.report) throw usageError("--report goes without --fix");
    const { listChecks } = await import("../doctor/list.ts");
    const scope = { offline: args.offline ?? false, insecureHttp: args["insecure-http"] ?? false };
    const { results, hidden, repairable } = await runChecks(cli, await listChecks(scope), {
      fix: args.fix ?? false,
    });
    const exitCode = results.some(({ status }) => status === "fail") ? 1 : 0;
    if (args.report) {
      const { writeReport } = await import("../doctor/report/report.ts");
      const report = await writeReport(cli, results, hidden);
      if (cli.output.json) cli.output.data(report.data);
      else for (const line of report.lines) cli.output.line(line);
      cli.output.info(
        "Names and places were taken out, as far as they are known; look through it before you post it",
      );
      return exitCode;
    }
    if (cli.output.json) cli.output.data({ checks: results });
    else await cli.output.table(results.flatMap(toRows));
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
  const row = [{ text, tone }, { text: id }, { text: fixed ? `repaired: ${message}` : message }];
  return hint === null ? [row] : [row, [{ text: "" }, { text: "" }, { text: hint, tone: "dim" }]];
}
