import type { Part, Plot, Report, Result, Row, Target } from "./result.ts";
import { table } from "../table.ts";
import { percentile, ratio } from "./statistics.ts";

/** With fewer, the report says that its medians mean little. */
const ENOUGH_ROUNDS = 20;

const INTRODUCTION = `# Benchmarks

\`npm run bench -- --write\` writes this page. Everything is measured in one run on one machine, in temporary homes, against
local servers. The rows of a table are measured in turn, round after round, so that other load on the machine affects all of
them alike: trust the ratios more than the times. Times are wall-clock times from the start of a process until it has ended.`;

/** Where the plots are, from the page. */
export const PLOTS = "benchmarks";

export function plotsOf(parts: readonly Part[]): Plot[] {
  return parts.flatMap(({ plot }) => plot ?? []);
}

export function renderReport({ rounds, facts, missing, parts }: Report): string {
  const plots = plotsOf(parts);
  const few = `Only ${rounds} rounds: a first impression, not a measurement.`;
  return [
    INTRODUCTION,
    ...(rounds < ENOUGH_ROUNDS ? [few] : []),
    table(["", ""], facts),
    ...missing.map((reason) => `Not measured: ${reason}.`),
    "## Targets",
    renderTargets(parts.flatMap(({ targets }) => targets)),
    ...(plots.length > 0 ? ["## Plots", "Medians, with the range from p10 to p90."] : []),
    ...plots.map(({ name, title }) => `![${title}](${PLOTS}/${name}.svg)`),
    ...parts.flatMap(renderPart),
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
  return table(["What", "Target", "Measured", "Met"], rows);
}

function renderPart({ results }: Part): string[] {
  return results.flatMap((result) => [
    `## ${result.title}`,
    result.text,
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

/** How many times as long as the floor or the first row takes; how many times as fast as a peer. */
function compare(row: Row, reference: Row): string {
  if (row === reference || (row.reference === "peer" && reference.reference === "peer")) return "";
  if (reference.reference !== "peer") return `${ratio(row.values, reference.values).toFixed(2)}×`;
  return `${ratio(reference.values, row.values).toFixed(1)}×`;
}
