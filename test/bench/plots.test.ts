import { expect, test } from "bun:test";
import { lineFigure } from "../../scripts/bench/plots/lines.ts";
import { startUpFigure } from "../../scripts/bench/plots/startup.ts";
import { render } from "../../scripts/bench/plots/theme.ts";

const rows = [
  { label: "bare", reference: "floor" as const, values: [11, 10, 12] },
  { label: "token", values: [20] },
  { label: "peer", reference: "peer" as const, values: [1530] },
];

function draw(): string {
  return render(startUpFigure(rows));
}

test("plots: the same numbers give the same file, on no ground of its own", () => {
  const first = draw();
  expect(draw()).toBe(first);
  expect(first).toStartWith("<svg");
  expect(first).not.toMatch(/<rect[^>]*fill="(?!none)/);
  expect(first).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/)/);
});

test("plots: each bar has its program's name and its time", () => {
  const svg = draw();
  for (const text of ["bare", "bentocloud token", "peer", "11.0 ms", "20.0 ms", "1,530 ms"])
    expect(svg).toContain(`>${text}</text>`);
});

test("plots: each line has its name, each axis its unit", () => {
  const svg = render(
    lineFigure("Title", {
      x: { name: "contexts" },
      y: { name: "seconds" },
      lines: [
        {
          name: "one",
          points: [
            [1, 1],
            [2, 2],
          ],
        },
        {
          name: "two",
          points: [
            [1, 3],
            [2, 4],
          ],
        },
      ],
    }),
  );
  for (const text of ["Title", "contexts", "seconds", "one", "two"]) expect(svg).toContain(`>${text}</text>`);
});
