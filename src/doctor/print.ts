import type { Cli } from "../app.ts";
import { toText } from "../cloud/faults.ts";
import type { Tone } from "../system/paint.ts";
import type { Cell } from "../system/table.ts";
import { counted } from "../system/text.ts";
import type { Group } from "./doctor.ts";
import { makeReport, reportLines, type Result } from "./report.ts";

/** Each group has one line. Below it are the results that a person has to read, or all of them with `--verbose`. */
export async function printGroups({ output, flags }: Cli, groups: readonly Group[]): Promise<void> {
  const all = groups.flatMap(({ results }) => results);
  if (output.json) {
    const checks = all.map(({ id, status, message, hint, fixed }) => {
      return { id, status, message: toText(message), hint: hint && toText(hint), fixed };
    });
    return output.data({ checks });
  }
  const isShown = ({ status, hint, fixed }: Result) =>
    flags.verbose || status !== "ok" || hint !== null || fixed;
  const width = Math.max(0, ...all.filter(isShown).map(({ id }) => id.length));
  for (const { title, results } of groups) {
    await output.table([], [[markOf(worstOf(results)), { text: title, tone: "bold" }]]);
    await output.table(
      [],
      results.filter(isShown).flatMap((result) => toRows(result, width)),
    );
  }
  output.page("");
  output.page(output.title(summarize(all)));
  const repairable = all.filter(({ isRepairable, fixed }) => isRepairable && !fixed).length;
  if (repairable > 0) output.hint(`bentocloud doctor --fix repairs ${repairable} of these`);
}

const MARKS: Record<Result["status"], readonly [text: string, tone: Tone]> = {
  ok: ["✓", "good"],
  warn: ["!", "warning"],
  fail: ["✗", "bad"],
};

function markOf(status: Result["status"]): Cell {
  const [text, tone] = MARKS[status];
  return { text, tone };
}

function worstOf(results: readonly Result[]): Result["status"] {
  const has = (status: Result["status"]) => results.some((result) => result.status === status);
  return has("fail") ? "fail" : has("warn") ? "warn" : "ok";
}

function toRows({ id, status, message, hint, fixed }: Result, width: number): Cell[][] {
  const shown = fixed ? `repaired: ${toText(message)}` : toText(message);
  const row: Cell[] = ["", markOf(status), id.padEnd(width), shown];
  return hint === null ? [row] : [row, ["", "", "", { text: `hint: ${toText(hint)}`, tone: "dim" }]];
}

function summarize(results: readonly Result[]): string {
  const count = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  const [warnings, failures] = [count("warn"), count("fail")];
  if (warnings + failures === 0) return `all ${results.length} checks passed`;
  return `${count("ok")} checks passed, ${counted(warnings, "warning")}, ${failures} failed`;
}

export function printReport({ output, isTerminal }: Cli, groups: readonly Group[]): void {
  const results = groups.flatMap((group) => group.results);
  const report = makeReport(results, isTerminal(1));
  if (output.json) output.data(report);
  else for (const line of reportLines(report)) output.line(line);
  output.info("Names and paths are left out; read the report before you post it");
}
