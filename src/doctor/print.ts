import type { Cli } from "../app.ts";
import type { Cell } from "../system/output.ts";
import type { Tone } from "../system/paint.ts";
import type { GroupResult } from "./doctor.ts";
import { makeReport, reportLines, type Result, show } from "./report.ts";

const MARKS: Record<Result["status"], readonly [text: string, tone: Tone]> = {
  ok: ["✓", "good"],
  warn: ["!", "warning"],
  fail: ["✗", "bad"],
};

export async function printGroups({ output }: Cli, groups: readonly GroupResult[]): Promise<void> {
  const all = groups.flatMap(({ results }) => results);
  if (output.json) {
    const plain = all.map(({ id, status, message, hint, fixed }) => {
      return { id, status, message: show(message), hint: hint && show(hint), fixed };
    });
    output.data({ checks: plain });
    return;
  }
  const width = Math.max(...all.map(({ id }) => id.length));
  for (const { title, results } of groups) {
    output.page(output.title(title));
    await output.table(results.flatMap((result) => toRows(result, width)));
  }
  output.page(output.title(summarize(all)));
  const repairable = groups.reduce((sum, group) => sum + group.repairable, 0);
  if (repairable > 0) output.hint(`bentocloud doctor --fix repairs ${repairable} of these`);
}

function toRows({ id, status, message, hint, fixed }: Result, width: number): Cell[][] {
  const [text, tone] = MARKS[status];
  const shown = fixed ? `repaired: ${show(message)}` : show(message);
  const row = [{ text, tone }, { text: id.padEnd(width) }, { text: shown }];
  return hint === null ? [row] : [row, [{ text: "" }, { text: "" }, { text: show(hint), tone: "dim" }]];
}

function summarize(results: readonly Result[]): string {
  const count = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  const [failures, warnings] = [count("fail"), count("warn")];
  const parts = [
    failures > 0 && `${failures} failed`,
    warnings > 0 && `${warnings} warning${warnings === 1 ? "" : "s"}`,
    failures + warnings === 0 && "nothing wrong",
  ];
  return `${results.length} checks: ${parts.filter((part) => part !== false).join(", ")}`;
}

export function printReport({ output, env, isTerminal }: Cli, groups: readonly GroupResult[]): void {
  const results = groups.flatMap((group) => group.results);
  const report = makeReport(results, env, isTerminal(1));
  if (output.json) output.data(report);
  else for (const line of reportLines(report)) output.line(line);
  output.info("Names and places are left out; look through it before you post it");
}
