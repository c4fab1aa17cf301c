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
          plot: { name: "startup", alt: "bars" },
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

/** What follows the introduction. */
function body(text: string): string {
  return text.slice(text.indexOf("|"));
}

test("benchmarks: the report says where, what was aimed at, and each number beside what it is compared with", () => {
  expect(body(renderReport(report, "benchmarks"))).toBe(`|           |     |
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

![bars](benchmarks/startup.svg)

| ms    | median |    p10 |    p90 | of bare | faster than peer | faster than other |
| ----- | -----: | -----: | -----: | ------: | ---------------: | ----------------: |
| bare  |   10.0 |   10.0 |   10.0 |         |             8.0× |            800.0× |
| token |   20.0 |   19.2 |   20.8 |   2.00× |             4.0× |            400.0× |
| peer  |   80.0 |   80.0 |   80.0 |   8.00× |                  |                   |
| other | 8000.0 | 8000.0 | 8000.0 | 800.00× |                  |                   |

Once it failed.
`);
});

test("benchmarks: a terminal is shown no plot", () => {
  expect(renderReport(report, null)).not.toContain("![");
});

test("benchmarks: a report of few rounds says that it is no measurement", () => {
  const few = "Only 5 rounds: a first impression, no measurement.";
  expect(renderReport({ ...report, rounds: 5 }, null)).toContain(few);
  expect(renderReport(report, null)).not.toContain("Only");
});
