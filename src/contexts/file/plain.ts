import { dateText, floatText, integerText } from "./python.ts";
import { kindOf } from "./scalar.ts";

/** What a plain scalar is for Python, or why PyYAML refuses to construct it (and with it the whole file). */
export type Plain = { text: string } | { refused: string };

const TRUTHY = /^(?:yes|true|on)$/i;

function refusedUnless(text: string | undefined, refused: string): Plain {
  return text === undefined ? { refused } : { text };
}

/** Python's `str()` of what PyYAML makes of a plain (unquoted) scalar, given its text with line folds undone. */
export function readPlain(source: string): Plain {
  switch (kindOf(source)) {
    case "string":
      return { text: source };
    case "null":
      return { text: "None" };
    case "bool":
      return { text: TRUTHY.test(source) ? "True" : "False" };
    case "integer":
      return refusedUnless(integerText(source), "it looks like a number that Python cannot read");
    case "float":
      return refusedUnless(floatText(source), "it looks like a number that Python cannot read");
    case "timestamp":
      return refusedUnless(dateText(source), "it looks like a date that does not exist");
    case "indicator":
      return { refused: "it means something else in YAML" };
  }
}
