import type { Scalar } from "yaml";
import { type Kind, kindOf } from "./scalar.ts";

/**
 * What Python makes of a value where a string belongs: a text, or null for None. `why` is the rest of a sentence that
 * says why it cannot be used, with what to do.
 */
export type Value = { text?: string; why?: string } | null;

export const TEXT_TAG = "tag:yaml.org,2002:str";
export const HAS_TAG = "has a YAML tag, which is not supported here; remove it";

/** Python can read all of these; a few that it can read too are not among them. */
const NUMBER = /^(?![-+]?0[bx]_+$).{1,300}$/;
const DATE =
  /^[1-9]\d{3}-(?:\d\d?-(?:0?[1-9]|1\d|2[0-8])|(?!0?2-)\d\d?-(?:29|30)|(?:0?[13578]|1[02])-31)(?:[Tt \t]+(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d*)?[ \t]*(?:Z|[-+](?:[01]?\d|2[0-2])(?::\d\d)?)?)?$/;
const MONTH = /-(?:0?[1-9]|1[0-2])-/;
/** The numbers that Python's `str()` gives back as they are written. */
const CANONICAL = /^(?:0|-?[1-9]\d{0,17}|-?(?:0|[1-9]\d{0,5})\.(?:0|\d{0,3}[1-9]))$/;
/** What JavaScript joins to one character and Python does not, as in JSON that escapes what is not ASCII. */
const SURROGATES = /\\(?:u|U0000)[dD][89abAB]..\\(?:u|U0000)[dD][c-fC-F]/;

/** Why PyYAML cannot construct a scalar, which ends its reading of the whole file. */
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

/** What Python makes of a scalar, where a string belongs. `written` is how it stands in the file. */
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
