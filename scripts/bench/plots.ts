import { join } from "node:path";
import { type Axis, type Line, lineFigure } from "./plots/lines.ts";
import { startUpFigure } from "./plots/startup.ts";
import { type Figure, render } from "./plots/theme.ts";
import type { Part, Report, Row } from "./result.ts";
import { median } from "./statistics.ts";

/** Writes a plot for every result that has one. */
export async function drawPlots({ parts }: Report, folder: string): Promise<void> {
  for (const part of parts) {
    for (const { plot } of part.results) {
      if (plot) await Bun.write(join(folder, `${plot.name}.svg`), render(FIGURES[plot.name]!(part)));
    }
  }
}

const FIGURES: Record<string, (part: Part) => Figure> = {
  startup: ({ results }) => startUpFigure(results.flatMap(({ rows }) => rows)),
  contexts: (part) =>
    draw(part, "Time against the number of contexts, both logarithmic", {
      x: { name: "contexts in the file", isLogarithmic: true },
      y: { name: "milliseconds", isLogarithmic: true },
    }),
  status: (part) =>
    draw(part, "status --all, every context asked of one server", {
      x: { name: "contexts" },
      y: { name: "milliseconds" },
    }),
  logins: (part) =>
    draw(part, "Simultaneous logins, until the last one has ended", {
      x: { name: "logins started at once" },
      y: { name: "milliseconds" },
    }),
};

/** All of the part that belongs to a line. */
function draw({ results }: Part, title: string, axes: { x: Axis; y: Axis }): Figure {
  const rows = results.flatMap(({ rows }) => rows);
  const names = [...new Set(rows.flatMap(({ at }) => at?.line ?? []))];
  return lineFigure(title, { ...axes, lines: names.map((name) => lineOf(name, rows)) });
}

function lineOf(name: string, rows: readonly Row[]): Line {
  const points = rows.flatMap(({ at, values }): Line["points"] =>
    at?.line === name ? [[at.x, median(values)]] : [],
  );
  return { name, points };
}
