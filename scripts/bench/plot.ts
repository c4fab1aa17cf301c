import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Plot } from "./result.ts";
import { percentile } from "./statistics.ts";

/** Draws medians, with the range from p10 to p90, as an SVG image. */
export async function drawPlot(plot: Plot): Promise<string> {
  const view = new View(parse(compile(specify(plot)).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function specify({ title, unit, x, isLogarithmic, points }: Plot): TopLevelSpec {
  const scale = isLogarithmic ? { type: "log" as const, nice: true } : { zero: true };
  const measured = (field: string) => ({ field, type: "quantitative" as const, title: unit, scale });
  const label = { field: "label", type: "nominal" as const, sort: null, title: null };
  const common = {
    title: { text: title, anchor: "start" as const },
    background: "white",
    padding: 10,
    width: 480,
    config: { axis: { labelLimit: 300 }, legend: { labelLimit: 300 } },
    data: {
      values: points.map(({ values, ...point }) => ({
        ...point,
        low: percentile(values, 0.1),
        median: percentile(values, 0.5),
        high: percentile(values, 0.9),
      })),
    },
  };
  if (x === undefined) {
    const text = { field: "median", format: ",.3r" };
    return {
      ...common,
      height: { step: 26 },
      encoding: { y: label },
      layer: [
        // On a logarithmic scale a bar would have no foot.
        {
          mark: isLogarithmic ? { type: "point", filled: true, size: 90 } : "bar",
          encoding: { x: measured("median") },
        },
        { mark: "rule", encoding: { x: measured("low"), x2: { field: "high" } } },
        { mark: { type: "text", align: "left", dx: 10 }, encoding: { x: measured("high"), text } },
      ],
    };
  }
  return {
    ...common,
    height: 280,
    encoding: { x: { field: "x", type: "quantitative", title: x, scale }, color: label },
    layer: [
      { mark: { type: "line", point: true }, encoding: { y: measured("median") } },
      { mark: "rule", encoding: { y: measured("low"), y2: { field: "high" } } },
    ],
  };
}
