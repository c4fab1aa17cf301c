import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { showOnScreen } from "../../src/system/screen.ts";
import { cleanLines } from "../../src/system/text.ts";

const show = (text: string) => [...showOnScreen(text, (token) => token)].join("");

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Texts that are JSON or nearly so. */
const PIECES = `[ ] { } , : " "a" "b": 1 -0.5e1 01 1. tru true null \\ "\\x" "\\u12" "\\u00e9"`.split(" ");
const nearlyJson = fc
  .array(fc.constantFrom(...PIECES, " ", "\n", "\t", "\u00a0", '"\t"'), { maxLength: 9 })
  .map((pieces) => pieces.join(""));

describe("an answer on a terminal", () => {
  test("is indented when it is JSON, and its numbers and strings stay as they are written", () => {
    expect(show('{"a":[1.0,[],{}, {"b" : "]\\"}"}],"c":-1e9}')).toBe(
      '{\n  "a": [\n    1.0,\n    [],\n    {},\n    {\n      "b": "]\\"}"\n    }\n  ],\n  "c": -1e9\n}\n',
    );
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (json) => {
        expect(JSON.parse(show(json))).toEqual(JSON.parse(json));
      }),
    );
  });

  test("counts as JSON exactly when JSON.parse accepts it", () => {
    fc.assert(
      fc.property(fc.oneof(nearlyJson, fc.json()), (text) => {
        // White space around it is kept only of a text that is not JSON.
        if (isJson(text)) expect(show(` ${text}\n`)).toBe(show(text));
        else expect(show(` ${text}\n`)).toBe(cleanLines(` ${text}\n`));
      }),
      { numRuns: 3000 },
    );
  });
});
