import type { Row } from "../result.ts";
import { median } from "../statistics.ts";
import { ACCENT, type Figure, INK, valueAxis } from "./theme.ts";

/** One bar a program, the fastest on top. */
export function startUpFigure(rows: readonly Row[]): Figure {
  const sorted = rows
    .map((row) => ({ ...row, time: median(row.values), isOurs: row.reference === undefined }))
    .toSorted((a, b) => b.time - a.time);
  return {
    title: "Start-up: from start to end, milliseconds, logarithmic",
    height: 60 + 36 * rows.length,
    option: {
      grid: { left: 218, right: 90, top: 40, bottom: 24 },
      xAxis: valueAxis("", { type: "log", min: 1, splitLine: { show: false } }),
      yAxis: {
        type: "category",
        data: sorted.map(({ label, isOurs }) => (isOurs ? `bentocloud ${label}` : label)),
        axisLabel: { color: INK, fontSize: 13 },
        axisLine: { show: false },
        axisTick: { show: false },
      },
      series: [
        {
          type: "bar",
          barWidth: 20,
          data: sorted.map(({ time, isOurs }) => ({
            value: time,
            itemStyle: { color: isOurs ? ACCENT : INK, borderRadius: [0, 3, 3, 0] },
          })),
          label: {
            show: true,
            position: "right",
            color: INK,
            fontSize: 13,
            formatter: ({ value }: { value: number }) => `${shorten(value)} ms`,
          },
        },
      ],
    },
  };
}

function shorten(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}
