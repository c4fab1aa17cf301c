// The implicit resolvers of YAML 1.1 as PyYAML has them, which differ from the specification in places.
const MAY_RESOLVE = /^[-+.0-9yYnNtTfFoO~<=]/;
const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INTEGER =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const TIMESTAMP =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$/;

/** What a plain scalar resolves to for PyYAML. */
export type Kind = "bool" | "float" | "integer" | "null" | "timestamp" | "indicator" | "string";

export function kindOf(source: string): Kind {
  if (source === "") return "null";
  if (!MAY_RESOLVE.test(source)) return "string";
  if (BOOL.test(source)) return "bool";
  if (FLOAT.test(source)) return "float";
  if (INTEGER.test(source)) return "integer";
  if (isNull(source)) return "null";
  if (TIMESTAMP.test(source)) return "timestamp";
  return source === "=" || source === "<<" ? "indicator" : "string";
}

/** Whether a plain scalar is null for Python, which only an e-mail may be. */
export function isNull(source: string): boolean {
  return ["", "~", "null", "Null", "NULL"].includes(source);
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const UNSAFE_PLAIN = /^(?:---|\.\.\.|[ #,[\]{}&*!|>'"%@`]|[-?:](?: |$))| $|: |:$| #/;
const NEEDS_ESCAPE = /["\\]|[^\x20-\x7e]/gu;
const ESCAPES = new Map([
  ["\0", "0"],
  ["\x07", "a"],
  ["\b", "b"],
  ["\t", "t"],
  ["\n", "n"],
  ["\v", "v"],
  ["\f", "f"],
  ["\r", "r"],
  ["\x1b", "e"],
  ['"', '"'],
  ["\\", "\\"],
  ["\x85", "N"],
  ["\xa0", "_"],
  ["\u2028", "L"],
  ["\u2029", "P"],
]);

function escapeCharacter(character: string): string {
  const short = ESCAPES.get(character);
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/**
 * One line of ASCII that every YAML reader takes for this string, in the bytes that PyYAML writes for it wherever
 * PyYAML writes one line. PyYAML folds long values at spaces; this never does, so that a line is a value.
 */
export function writeScalar(value: string): string {
  if (!PRINTABLE_ASCII.test(value)) return `"${value.replace(NEEDS_ESCAPE, escapeCharacter)}"`;
  if (kindOf(value) === "string" && !UNSAFE_PLAIN.test(value)) return value;
  return quoteSingle(value);
}

/** Single quotes, for text that is printable ASCII but has another meaning when plain. */
export function quoteSingle(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
