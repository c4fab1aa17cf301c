import { dateText, floatText, integerText } from "./python.ts";
import { kindOf } from "./scalar.ts";
import type { Kind } from "./scalar.ts";

/** What a scalar is for Python, or why PyYAML refuses to construct it (and with it the whole file). */
export type Plain = { text: string } | { refused: string };

const TRUTHY = /^(?:yes|true|on)$/i;
const FALSY = /^(?:no|false|off)$/i;

function refusedUnless(text: string | undefined, refused: string): Plain {
  return text === undefined ? { refused } : { text };
}

/**
 * Python's `str()` of what PyYAML makes of a scalar, given its text with line folds undone: of a plain one unless its
 * kind is said, by a tag.
 */
export function readPlain(source: string, kind: Kind = kindOf(source)): Plain {
  switch (kind) {
    case "string":
      return { text: source };
    case "null":
      return { text: "None" };
    case "bool":
      return refusedUnless(
        TRUTHY.test(source) ? "True" : FALSY.test(source) ? "False" : undefined,
        "it is neither true nor false",
      );
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
