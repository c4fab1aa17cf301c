import { describe, expect, test } from "bun:test";
import { cap, clean, escapeUnsafe, isUnsafe, mark } from "../../src/system/text.ts";

const codes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const CONTROLS = [...codes(0x00, 0x1f), ...codes(0x7f, 0x9f)];
const DIRECTIONS = [0x061c, ...codes(0x2028, 0x202e), ...codes(0x2060, 0x2069)];
const INVISIBLE = [...DIRECTIONS, ...codes(0x200b, 0x200f), 0xfeff];

test("mark shows that a name has hidden characters", () => {
  expect(mark("ac\u200bme")).toBe("ac\ufffdme");
  expect(mark("acme\u001b[8m")).toBe("acme\ufffd");
  expect(mark("日本 acme")).toBe("日本 acme");
});

test("escapeUnsafe keeps the value of JSON, which then cannot drive a terminal", () => {
  const value = { name: "a\u009b31m\u202eb\u200b" };
  const text = escapeUnsafe(JSON.stringify(value, null, 2));
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
});

describe("clean", () => {
  test.each(["\u009d", "\u001b]", "\u009b", "\u001b[0", "\u0090a"])(
    "takes time in proportion to the text, whatever it repeats: %j",
    (piece) => {
      expect(clean(piece.repeat(300_000)).length).toBeLessThan(900_000);
    },
  );

  test("removes every C0 and C1 control, bidi and invisible character", () => {
    for (const code of [...CONTROLS, ...INVISIBLE]) {
      const cleaned = clean(`a${String.fromCharCode(code)}`);
      expect({ code, cleaned }).toEqual({ code, cleaned: [9, 10, 13].includes(code) ? "a " : "a" });
      expect(isUnsafe(`a${String.fromCharCode(code)}b`)).toBe(true);
    }
  });

  test.each([
    ["a colour", "\u001B[38;5;1mred\u001B[m", "red"],
    ["a cursor movement", "a\u001B[2Kb\u001B[10;20Hc", "abc"],
    ["a clipboard write", "a\u001B]52;c;AAAA\u0007b", "ab"],
    ["a title ended by ST", "a\u001B]0;t\u001B\\b", "ab"],
    ["a hyperlink", "\u001B]8;;http://x.test\u0007t\u001B]8;;\u0007", "t"],
    ["a device control string", "a\u001BPx\u001B\\b", "ab"],
    ["an eight-bit sequence", "a\u009B31mb\u009D0;t\u009Cc", "abc"],
    ["a reset", "a\u001Bcb", "ab"],
    ["a character set", "a\u001B(0b", "ab"],
    ["a sequence in a sequence", "a\u001B[3\u001B[31m1mb", "a31mb"],
  ])("removes the whole of %s", (_name, text, cleaned) => {
    expect(clean(text)).toBe(cleaned);
  });

  test.each([
    ["an unfinished sequence", "a\u001B[31"],
    ["an unfinished string", "a\u001B]0;title"],
    ["an escape at the end", "a\u001B"],
  ])("removes the escape character of %s", (_name, text) => {
    expect(clean(text)).not.toContain("\u001B");
    expect(clean(text)).toStartWith("a");
  });

  test.each([
    "plain",
    "Grüße, 世界 👩‍👩‍👧".replaceAll("\u200D", ""),
    "a [31m b ]0; c",
    "tab-free  double  blank",
  ])("leaves ordinary text as it is: %s", (text) => {
    expect(clean(text)).toBe(text);
    expect(isUnsafe(text)).toBe(false);
  });

  test("joins several lines to one", () => {
    expect(clean("a\r\nb\n\n\tc")).toBe("a b c");
  });
});

describe("isUnsafe", () => {
  test.each([" a", "a ", "\u00A0a", "a\u3000", "\n"])("is true for white space at an end: %j", (text) => {
    expect(isUnsafe(text)).toBe(true);
  });
});

describe("cap", () => {
  test.each([
    ["", 3, ""],
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["a", 1, "a"],
    ["ab", 1, "…"],
    ["😀😀😀", 3, "😀😀😀"],
    ["😀😀😀😀", 3, "😀😀…"],
  ])("%s to %i: %s", (text, limit, capped) => {
    expect(cap(text, limit)).toBe(capped);
  });
});
