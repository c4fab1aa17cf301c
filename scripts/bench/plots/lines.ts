import { type Figure, INK, LINES, valueAxis } from "./theme.ts";

export interface Line {
  name: string;
  points: [x: number, y: number][];
}

export interface Axis {
  name: string;
  isLogarithmic?: boolean;
}

/** Lines that have their names at their ends, where a legend would have to be looked up; a single one needs none. */
export function lineFigure(title: string, { x, y, lines }: { x: Axis; y: Axis; lines: Line[] }): Figure {
  const hasNames = lines.length > 1;
  const type = (axis: Axis) => ({ type: axis.isLogarithmic ? "log" : "value" });
  return {
    title,
    height: 380,
    option: {
      grid: { left: 72, right: hasNames ? 150 : 40, top: 48, bottom: 56 },
      xAxis: valueAxis(x.name, {
        ...type(x),
        splitLine: { show: false },
        axisLine: { lineStyle: { color: INK } },
      }),
      yAxis: valueAxis(y.name, { ...type(y), nameGap: 52 }),
      series: lines.map(({ name, points }, index) => ({
        type: "line",
        name,
        data: points,
        symbol: "circle",
        symbolSize: 7,
        color: LINES[index],
        lineStyle: { width: 2.5 },
        endLabel: { show: hasNames, formatter: "{a}", color: LINES[index], fontSize: 13, distance: 8 },
        labelLayout: { moveOverlap: "shiftY" },
      })),
    },
  };
}
