import { expect, test } from "bun:test";
import { drawPlot } from "../../scripts/bench/plot.ts";

/** The texts of an SVG image. */
function textsOf(image: string): string[] {
  return [...image.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);
}

test("plots: bars have their names and medians", async () => {
  const points = [
    { label: "token", values: [6, 7, 90] },
    { label: "another tool & its <arguments>", values: [430, 432, 434] },
  ];
  for (const isLogarithmic of [true, false]) {
    const image = await drawPlot({ name: "a", title: "Start-up", unit: "ms", isLogarithmic, points });
    expect(image).toStartWith("<svg ");
    const texts = textsOf(image);
    expect(texts).toContain("Start-up");
    expect(texts).toContain("ms");
    expect(texts).toContain("token");
    expect(texts).toContain("another tool &amp; its &lt;arguments&gt;");
    expect(texts).toContain("7.00");
    expect(texts).toContain("432");
  }
});

test("plots: lines have a legend, and one line each", async () => {
  const points = ["token", "use"].flatMap((label) => [1, 100].map((x) => ({ label, x, values: [x] })));
  const image = await drawPlot({ name: "a", title: "Many", unit: "ms", x: "contexts", points });
  const texts = textsOf(image);
  for (const text of ["Many", "ms", "contexts", "token", "use"]) expect(texts).toContain(text);
  expect(image.match(/aria-roledescription="line mark"/g)).toHaveLength(2);
});
