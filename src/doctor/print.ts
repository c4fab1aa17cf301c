import type { Cli } from "../app.ts";
import type { Cell } from "../system/table.ts";
import type { Tone } from "../system/paint.ts";
import type { Group } from "./doctor.ts";
import { makeReport, reportLines, type Result, show } from "./report.ts";

export async function printGroups({ output }: Cli, groups: readonly Group[]): Promise<void> {
  const all = groups.flatMap(({ results }) => results);
  if (output.json) {
    const checks = all.map(({ id, status, message, hint, fixed }) => {
      return { id, status, message: show(message), hint: hint && show(hint), fixed };
    });
    return output.data({ checks });
  }
  const width = Math.max(...all.map(({ id }) => id.length));
  for (const { title, results } of groups) {
    output.page(output.title(title));
    await output.table(
      [],
      results.flatMap((result) => toRows(result, width)),
    );
  }
  output.page(output.title(summarize(all)));
  const repairable = all.filter(({ isRepairable, fixed }) => isRepairable && !fixed).length;
  if (repairable > 0) output.hint(`bentocloud doctor --fix repairs ${repairable} of these`);
}

const MARKS: Record<Result["status"], readonly [text: string, tone: Tone]> = {
  ok: ["✓", "good"],
  warn: ["!", "warning"],
  fail: ["✗", "bad"],
};

function toRows({ id, status, message, hint, fixed }: Result, width: number): Cell[][] {
  const [text, tone] = MARKS[status];
  const shown = fixed ? `repaired: ${show(message)}` : show(message);
  const row: Cell[] = [{ text, tone }, id.padEnd(width), shown];
  return hint === null ? [row] : [row, ["", "", { text: show(hint), tone: "dim" }]];
}

function summarize(results: readonly Result[]): string {
  const count = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  return `${count("ok")} in order, ${count("warn")} to look at, ${count("fail")} not working`;
}

export function printReport({ output, env, isTerminal }: Cli, groups: readonly Group[]): void {
  const results = groups.flatMap((group) => group.results);
  const report = makeReport(results, env, isTerminal(1));
  if (output.json) output.data(report);
  else for (const line of reportLines(report)) output.line(line);
  output.info("Names and paths are left out; read the report before you post it");
}
