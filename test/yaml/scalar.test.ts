import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseContexts } from "../../src/yaml/read-document.ts";
import { readContexts } from "../../src/yaml/read.ts";
import { type Kind, kindOf, unquoteDouble, writeScalar } from "../../src/yaml/scalar.ts";
import { snapshot } from "./support.ts";
import fixtures from "./pyyaml-scalars.json";

const KINDS: [kind: Kind, ...sources: string[]][] = [
  ["null", "", "~", "null", "NULL"],
  ["bool", "yes", "On", "TRUE", "no", "OFF"],
  ["integer", "0", "+1", "0123", "0_", "0x1F", "-0b101", "1_000", "12:30", "0b_", "-1:00"],
  ["float", ".5", "5.", "1.10", "-0.0", "1.0e+3", "1:59.5", ".inf", "-.INF", ".NaN"],
  ["timestamp", "2024-01-01", "2024-13-01", "2024-01-01T00:00:00Z", "2024-1-2 3:04:05 -3:30"],
  ["indicator", "=", "<<"],
  [
    "string",
    "._",
    "._5",
    "nULL",
    "y",
    "N",
    "08",
    "0o17",
    "1:60",
    "-.5",
    "1e3",
    "1.0e3",
    "inf",
    "2024-1-1",
    "==",
    "1.2.3",
  ],
];

test.each(KINDS)("plain scalars that PyYAML reads as a %s", (kind, ...sources) => {
  expect(sources.map(kindOf)).toEqual(sources.map(() => kind));
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
  ["._5", "'._5'"],
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

  test("is tested with nearly all values of the fixture", () => {
    expect(oneLine.length).toBeGreaterThan(fixtures.length - 8);
  });

  test.each(oneLine)("writes %p in the bytes of PyYAML", (value = "", text = "") => {
    expect(writeScalar(value)).toBe(text);
  });

  test("writes one line of ASCII that both readers read as the same string", async () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."-?:#'\"\\ \n\t0123x_.eyno~=<é\x85") }),
    );
    await fc.assert(
      fc.asyncProperty(anyText, async (value) => {
        const written = writeScalar(value);
        expect(written).toMatch(/^[\x20-\x7e]+$/);
        if (written.startsWith('"') && value.isWellFormed()) expect(unquoteDouble(written)).toBe(value);
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

describe("a file that Python has written", () => {
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
