import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, GridComponent, TitleComponent, SVGRenderer]);

/** In the middle between black and white, because a page may be either and the plots have no ground of their own. */
export const INK = "#768390";
const FAINT = "#76839055";
export const ACCENT = "#e5812b";
/** For lines beside each other; readable on both grounds, and apart for the colour-blind by their lightness, too. */
export const LINES = ["#6f9ef0", ACCENT, "#3f9d6d", "#a873d1"];

const FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";
const WIDTH = 760;

export interface Figure {
  title: string;
  height: number;
  option: echarts.EChartsCoreOption;
}

/** The figure as SVG; the same text for the same numbers. */
export function render({ title, height, option }: Figure): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT, color: INK, fontSize: 13 },
    title: { text: title, left: 8, top: 4, textStyle: { color: INK, fontSize: 15, fontWeight: 600 } },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${withoutHover(svg)}\n`;
}

/** A picture in a document answers to no mouse; and the names of what would are counted on from figure to figure. */
function withoutHover(svg: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>\n?/, "")
    .replaceAll(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, "")
    .replaceAll(/\bzr\d+-/g, "");
}

export function valueAxis(name: string, options: Record<string, unknown> = {}) {
  return {
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 32,
    nameTextStyle: { color: INK, fontSize: 13 },
    axisLabel: { color: INK, fontSize: 12, formatter: (value: number) => value.toLocaleString("en") },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: FAINT, width: 1 } },
    ...options,
  };
}
