import type { Part, Report, Result, Row, Target } from "./result.ts";
import { percentile, ratio } from "./statistics.ts";

/** Below this the median says little. */
const ENOUGH_ROUNDS = 20;

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench -- --write\`: everything is measured in one go on one machine, in temporary homes, against
servers of its own. What stands in one table ran in turn, round after round, so that whatever else the machine did fell on
all alike: the ratios say more than the times. Times are wall clock, from before the start of the process to after its end.`;

/** The report as it stands in the documents and, without \`plots\`, as it is printed. */
export function renderReport({ rounds, facts, missing, parts }: Report, plots: string | null): string {
  const few = `Only ${rounds} rounds: a first impression, no measurement.`;
  return [
    INTRODUCTION,
    ...(rounds < ENOUGH_ROUNDS ? [few] : []),
    table(["", ""], facts, 0),
    ...missing.map((reason) => `Not measured: ${reason}.`),
    "## Targets",
    renderTargets(parts.flatMap(({ targets }) => targets)),
    ...parts.flatMap((part) => renderPart(part, plots)),
    "",
  ]
    .join("\n\n")
    .trimEnd()
    .concat("\n");
}

function renderTargets(targets: readonly Target[]): string {
  const rows = targets.map(({ what, target, measured, isMet }) => [
    what,
    target,
    measured,
    isMet === null ? "unknown" : isMet ? "yes" : "**no**",
  ]);
  return table(["What", "Target", "Measured", "Met"], rows, 0);
}

function renderPart({ results }: Part, plots: string | null): string[] {
  return results.flatMap((result) => [
    `## ${result.title}`,
    result.text,
    ...(plots !== null && result.plot ? [`![${result.plot.alt}](${plots}/${result.plot.name}.svg)`] : []),
    renderResult(result),
    ...(result.remarks ?? []),
  ]);
}

function renderResult({ unit, rows }: Result): string {
  const isRepeated = rows.some(({ values }) => values.length > 1);
  const references = rows.filter(({ reference }) => reference !== undefined);
  const header = [unit, ...(isRepeated ? ["median", "p10", "p90"] : ["size"]), ...references.map(headerOf)];
  const cells = rows.map((row) => [
    row.label,
    ...(isRepeated ? [0.5, 0.1, 0.9] : [0.5]).map((part) => percentile(row.values, part).toFixed(1)),
    ...references.map((reference) => compare(row, reference)),
  ]);
  return table(header, cells, 1);
}

function headerOf({ label, reference }: Row): string {
  return reference === "peer" ? `faster than ${label}` : `of ${label}`;
}

/** How much slower than the floor or the first row; how much faster than a peer. */
function compare(row: Row, reference: Row): string {
  if (row === reference || (row.reference === "peer" && reference.reference === "peer")) return "";
  if (reference.reference !== "peer") return `${ratio(row.values, reference.values).toFixed(2)}×`;
  return `${ratio(reference.values, row.values).toFixed(1)}×`;
}

/** Aligned, because it is read as it is in a terminal, too; numbers, from the column \`numbersFrom\` on, to the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string {
  const isNumber = (column: number) => numbersFrom > 0 && column >= numbersFrom;
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((cells) => Bun.stringWidth(cells[column] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column]!, isNumber(column))).join(" | ")} |`;
  const ruler = widths.map((width, column) =>
    isNumber(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [line(header), line(ruler), ...rows.map(line)].join("\n");
}

function pad(text: string, width: number, toTheRight: boolean): string {
  const blanks = " ".repeat(width - Bun.stringWidth(text));
  return toTheRight ? blanks + text : text + blanks;
}
