import type { Scalar } from "yaml";
import { type Kind, kindOf } from "./scalar.ts";

/**
 * Python's reading of a value that should be a string: a text, or null for None. `why` completes a sentence: the reason
 * why the value cannot be used, and the fix.
 */
export type Value = { text?: string; why?: string } | null;

export const TEXT_TAG = "tag:yaml.org,2002:str";
export const HAS_TAG = "has a YAML tag, which is not supported here; remove it";

/** Python can read every number that matches. It can also read a few that do not match. */
const NUMBER = /^(?![-+]?0[bx]_+$).{1,300}$/;
const DATE =
  /^[1-9]\d{3}-(?:\d\d?-(?:0?[1-9]|1\d|2[0-8])|(?!0?2-)\d\d?-(?:29|30)|(?:0?[13578]|1[02])-31)(?:[Tt \t]+(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d*)?[ \t]*(?:Z|[-+](?:[01]?\d|2[0-2])(?::\d\d)?)?)?$/;
const MONTH = /-(?:0?[1-9]|1[0-2])-/;
/** The numbers that Python's `str()` returns as they are written. */
const CANONICAL = /^(?:0|-?[1-9]\d{0,17}|-?(?:0|[1-9]\d{0,5})\.(?:0|\d{0,3}[1-9]))$/;
/** Escaped surrogate pairs, as in ASCII-only JSON: JavaScript joins a pair to one character, Python does not. */
const SURROGATES = /\\(?:u|U0000)[dD][89abAB]..\\(?:u|U0000)[dD][c-fC-F]/;

/** Why PyYAML cannot construct a scalar, and therefore refuses the whole file. */
export function whyRefused(scalar: Scalar): string | undefined {
  const { tag } = scalar;
  if (tag !== undefined) return tag === TEXT_TAG ? undefined : HAS_TAG;
  const [kind, text] = [kindOfScalar(scalar), textOf(scalar)];
  if (kind === "indicator") return "means something else in YAML; quote it";
  const isNumber = kind === "integer" || kind === "float";
  const isReadable = isNumber
    ? NUMBER.test(text)
    : kind !== "timestamp" || (DATE.test(text) && MONTH.test(text));
  return isReadable ? undefined : "looks like a number or a date that Python cannot read; quote it";
}

/** Python's reading of a scalar that should be a string. `written` is its text in the file, with quotes. */
export function readText(scalar: Scalar, written: string): Value {
  const text = textOf(scalar);
  const kind = kindOfScalar(scalar);
  if (kind === "null") return null;
  const why = whyRefused(scalar);
  if (why !== undefined) return { text, why };
  if (kind !== "string" && !CANONICAL.test(text))
    return { text, why: "is read by Python as something else than its text; quote it" };
  if (scalar.type === "QUOTE_DOUBLE" && SURROGATES.test(written))
    return { why: "spells a character as two halves, which Python does not join; use \\U and eight digits" };
  return { text };
}

function kindOfScalar(scalar: Scalar): Kind {
  return scalar.type === "PLAIN" && scalar.tag === undefined ? kindOf(textOf(scalar)) : "string";
}

export function textOf(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value ?? "");
}
