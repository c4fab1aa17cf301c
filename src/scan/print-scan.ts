import type { Cli } from "../app.ts";
import type { Cell } from "../system/table.ts";
import type { Finding, Skipped } from "./finding.ts";
import type { Scan } from "./search-places.ts";
import { describeTotals } from "./totals.ts";

const SHORT_NAME = 10;
const MOST_ROWS = 50;
const MOST_SKIPPED = 10;

/** The findings as a table, what was not looked at, and how much was. */
export async function printScan(cli: Cli, { findings, skipped, totals }: Scan): Promise<void> {
  const { output } = cli;
  const sorted = findings.toSorted(
    (left, right) => rank(left) - rank(right) || compare(left.path ?? "", right.path ?? ""),
  );
  if (output.json)
    return output.data({
      // A value that is undefined is left out.
      findings: sorted.map((finding) => ({ ...finding, value: undefined })),
      scanned: totals,
      skipped,
    });
  if (sorted.length > 0) await output.table(HEADER, sorted.slice(0, MOST_ROWS).map(toRow));
  if (sorted.length > MOST_ROWS) output.info(`and ${sorted.length - MOST_ROWS} more; --json prints all`);
  printSkipped(cli, skipped);
  const isFound = findings.some(({ kind }) => kind === "known");
  output.info(`${isFound ? "Looked at" : "Found none of your API tokens in"} ${describeTotals(totals)}`);
}

/** Known ones first, and what git ignores last. */
function rank({ kind, ignored }: Finding): number {
  return (kind === "known" ? 0 : 1) + (ignored ? 2 : 0);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const HEADER = ["WHERE", "COMMIT", "CONTEXT", "TOKEN", "NOTE"];

function toRow(finding: Finding): Cell[] {
  const { commit, context, token_masked } = finding;
  const token = { text: token_masked, tone: "dim" } as const;
  return [
    showPlace(finding),
    commit?.slice(0, SHORT_NAME) ?? "",
    context ?? "possible",
    token,
    showNotes(finding),
  ];
}

function showPlace({ path, line, object }: Finding): string {
  const place = path ?? `object ${object?.slice(0, SHORT_NAME)}`;
  return line === null ? place : `${place}:${line}`;
}

function showNotes({ encoding, state, ignored, verdict, rotated }: Finding): string {
  const notes = {
    [encoding]: encoding !== "plain",
    superseded: state === "superseded",
    "ignored by git": ignored,
    "replaced now": rotated,
    [`the server says: ${verdict}`]: verdict !== null && !rotated,
  };
  return Object.keys(notes)
    .filter((note) => notes[note])
    .join(", ");
}

function printSkipped({ output }: Cli, skipped: readonly Skipped[]): void {
  const [incomplete, notes] = [true, false].map((kind) => skipped.filter((one) => one.incomplete === kind));
  for (const { path, reason } of incomplete!)
    output.warn(`not looked at: ${path}: ${reason}`, { always: true });
  for (const { path, reason } of notes!.slice(0, MOST_SKIPPED)) output.info(`Left out: ${path}: ${reason}`);
  const rest = notes!.length - MOST_SKIPPED;
  if (rest > 0) output.info(`Left out: ${rest} more; --json prints all`);
}
