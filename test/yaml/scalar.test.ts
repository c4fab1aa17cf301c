import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseContexts } from "../../src/yaml/parse.ts";
import { readContexts } from "../../src/yaml/read.ts";
import { readPlain } from "../../src/yaml/plain.ts";
import { writeScalar } from "../../src/yaml/scalar.ts";
import { snapshot } from "./support.ts";
import fixtures from "./pyyaml-scalars.json";

const PLAIN: [source: string, text: string][] = [
  ["", "None"],
  ["~", "None"],
  ["null", "None"],
  ["NULL", "None"],
  ["nULL", "nULL"],
  ["yes", "True"],
  ["On", "True"],
  ["TRUE", "True"],
  ["no", "False"],
  ["OFF", "False"],
  ["y", "y"],
  ["N", "N"],
  ["0", "0"],
  ["-0", "0"],
  ["+1", "1"],
  ["010", "8"],
  ["0123", "83"],
  ["00012345", "5349"],
  ["08", "08"],
  ["0_", "0"],
  ["0o17", "0o17"],
  ["0x1F", "31"],
  ["-0b101", "-5"],
  ["1_000", "1000"],
  ["1234567890123456789012", "1234567890123456789012"],
  ["12:30", "750"],
  ["12:30:45", "45045"],
  ["-1:00", "-60"],
  ["1:60", "1:60"],
  ["1:59.5", "119.5"],
  [".5", "0.5"],
  ["-.5", "-.5"],
  ["5.", "5.0"],
  ["1.10", "1.1"],
  ["-0.0", "-0.0"],
  ["1e3", "1e3"],
  ["1.0e3", "1.0e3"],
  ["1.0e+3", "1000.0"],
  ["9999999999999998.0", "9999999999999998.0"],
  ["10000000000000000.0", "1e+16"],
  ["1.5e+300", "1.5e+300"],
  ["1.0e+400", "inf"],
  ["0.0001", "0.0001"],
  ["0.00001", "1e-05"],
  ["123.0e-7", "1.23e-05"],
  [".inf", "inf"],
  ["-.INF", "-inf"],
  [".NaN", "nan"],
  ["inf", "inf"],
  ["2024-01-01", "2024-01-01"],
  ["2024-1-1", "2024-1-1"],
  ["2024-01-01T00:00:00Z", "2024-01-01 00:00:00+00:00"],
  ["2024-1-2 3:04:05", "2024-01-02 03:04:05"],
  ["2024-01-01t00:00:00.1234567", "2024-01-01 00:00:00.123456"],
  ["2024-01-01 00:00:00.000", "2024-01-01 00:00:00"],
  ["2024-01-01 00:00:00 -3:30", "2024-01-01 00:00:00-03:30"],
  ["2024-01-01 00:00:00-00:00", "2024-01-01 00:00:00+00:00"],
  ["https://a.test:8080/x", "https://a.test:8080/x"],
  ["127.0.0.1", "127.0.0.1"],
  ["cur7h0000000000000000", "cur7h0000000000000000"],
  ["==", "=="],
];

const REFUSED = [
  "=",
  "<<",
  "0b_",
  "0x_",
  "2024-13-01",
  "2023-02-29",
  "0000-01-01",
  "2024-01-01 24:00:00",
  "2024-01-01 00:00:60",
  "2024-01-01 00:00:00+24",
  "1".repeat(4301),
  `1${":59".repeat(200)}.5`,
];

describe("readPlain", () => {
  test.each(PLAIN)("reads %p as Python's %p", (source, text) => {
    expect(readPlain(source)).toEqual({ text });
  });

  test.each(REFUSED)("refuses %p, as PyYAML does", (source) => {
    expect(readPlain(source)).toEqual({ refused: expect.any(String) });
  });

  test("takes the leap days of the Gregorian calendar", () => {
    expect(readPlain("2000-02-29")).toEqual({ text: "2000-02-29" });
    expect(readPlain("1900-02-29")).toHaveProperty("refused");
  });
});

const WRITTEN: [value: string, text: string][] = [
  ["", "''"],
  ["plain", "plain"],
  ["https://a.test:8080/x?y=1#z", "https://a.test:8080/x?y=1#z"],
  ["yes", "'yes'"],
  ["1e3", "1e3"],
  ["0123", "'0123'"],
  ["-", "'-'"],
  ["-a", "-a"],
  ["a: b", "'a: b'"],
  ["a:", "'a:'"],
  ["a #b", "'a #b'"],
  ["it's", "it's"],
  ["'", "''''"],
  ["---", "'---'"],
  [" a", "' a'"],
  ["a ", "'a '"],
  ["café", '"caf\\xE9"'],
  ["日本", '"\\u65E5\\u672C"'],
  ["😀", '"\\U0001F600"'],
  ["\xa0\x85\u2028\u2029\x1b\x7f", '"\\_\\N\\L\\P\\e\\x7F"'],
  ["\0\x07\b\t\v\f\r", '"\\0\\a\\b\\t\\v\\f\\r"'],
  ['é"\\', '"\\xE9\\"\\\\"'],
  ["a\nb", '"a\\nb"'],
  ["x y ".repeat(60).trim(), "x y ".repeat(60).trim()],
];

describe("writeScalar", () => {
  test.each(WRITTEN)("writes %p as %s", (value, text) => {
    expect(writeScalar(value)).toBe(text);
  });

  const oneLine = fixtures.flatMap(({ value, python_file }) => {
    const lines = /api_token: (.*)\n {2}email: null\n/s.exec(python_file)?.[1] ?? "";
    return lines.includes("\n") ? [] : [[value, lines]];
  });

  test("is tried on nearly all the values Python has written", () => {
    expect(oneLine.length).toBeGreaterThan(fixtures.length - 8);
  });

  test.each(oneLine)("writes %p in the bytes of PyYAML", (value = "", text = "") => {
    expect(writeScalar(value)).toBe(text);
  });

  test("writes one line of ASCII that both readers take for the same string", async () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."-?:#'\"\\ \n\t0123x_.eyno~=<é\x85") }),
    );
    await fc.assert(
      fc.asyncProperty(anyText, async (value) => {
        const written = writeScalar(value);
        expect(written).toMatch(/^[\x20-\x7e]+$/);
        const text = `contexts:\n- api_token: ${written}\n  email: ${written}\n  endpoint: ${written}\n  name: ${written}\ncurrent_context_name: ${written}\n`;
        const expected = {
          contexts: [{ name: value, endpoint: value, email: value, token: value, line: 2 }],
          current: { name: value, line: 6 },
          problems: [],
        };
        expect(snapshot(parseContexts(text))).toEqual(expected);
        expect(snapshot(await readContexts(text))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a file Python has written", () => {
  test.each(fixtures.map(({ value, python_file }) => [value, python_file]))(
    "reads %p back",
    async (value = "", text = "") => {
      for (const file of [await readContexts(text), parseContexts(text)]) {
        expect(snapshot(file).contexts).toMatchObject([
          { name: "d", endpoint: "https://x", email: null, token: value },
        ]);
        expect(file.problems).toEqual([]);
      }
    },
  );
});
