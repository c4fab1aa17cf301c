import { expect, test } from "bun:test";
import { renderReport } from "../../scripts/bench/markdown.ts";
import type { Report } from "../../scripts/bench/result.ts";

const report: Report = {
  rounds: 30,
  facts: [["Processor", "one"]],
  missing: ["gh: there is none"],
  parts: [
    {
      results: [
        {
          title: "Start-up",
          text: "Alone.",
          unit: "ms",
          rows: [
            { label: "bare", reference: "floor", values: [10, 10, 10] },
            { label: "token", values: [20, 19, 21] },
            { label: "peer", reference: "peer", values: [80, 80, 80] },
            { label: "other", reference: "peer", values: [8000, 8000, 8000] },
          ],
          remarks: ["Once it failed."],
        },
      ],
      targets: [
        { what: "`token`", target: "≤ 2×", measured: "2.00×", isMet: true },
        { what: "size", target: "≤ 3 MiB", measured: "4.00 MiB", isMet: false },
        { what: "gh", target: "≥ 3×", measured: "none", isMet: null },
      ],
    },
  ],
};

/** The report without its introduction. */
function body(text: string): string {
  return text.slice(text.indexOf("|"));
}

test("benchmarks: the report shows the machine, the targets, and each number beside those it is compared with", () => {
  expect(body(renderReport(report))).toBe(`|           |     |
| --------- | --- |
| Processor | one |

Not measured: gh: there is none.

## Targets

| What    | Target  | Measured | Met     |
| ------- | ------- | -------- | ------- |
| \`token\` | ≤ 2×    | 2.00×    | yes     |
| size    | ≤ 3 MiB | 4.00 MiB | **no**  |
| gh      | ≥ 3×    | none     | unknown |

## Start-up

Alone.

| ms    | median |    p10 |    p90 | of bare | faster than peer | faster than other |
| ----- | -----: | -----: | -----: | ------: | ---------------: | ----------------: |
| bare  |   10.0 |   10.0 |   10.0 |         |             8.0× |            800.0× |
| token |   20.0 |   19.2 |   20.8 |   2.00× |             4.0× |            400.0× |
| peer  |   80.0 |   80.0 |   80.0 |   8.00× |                  |                   |
| other | 8000.0 | 8000.0 | 8000.0 | 800.00× |                  |                   |

Once it failed.
`);
});

test("benchmarks: a report of few rounds warns that it is not a measurement", () => {
  const few = "Only 5 rounds: a first impression, not a measurement.";
  expect(renderReport({ ...report, rounds: 5 })).toContain(few);
  expect(renderReport(report)).not.toContain("Only");
});

test("benchmarks: plots stand after the targets", () => {
  const plot = { name: "start-up", title: "Start-up", unit: "ms" as const, points: [] };
  const text = renderReport({ ...report, parts: [{ ...report.parts[0]!, plot }] });
  expect(text).toContain(`| unknown |

## Plots

Medians, with the range from p10 to p90.

![Start-up](benchmarks/start-up.svg)

## Start-up
`);
});
