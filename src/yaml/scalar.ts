/** The implicit resolvers of PyYAML 6, which differ from the YAML 1.1 specification in places. */
const KINDS = [
  ["null", /^(?:|~|null|Null|NULL)$/],
  ["bool", /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/],
  [
    "float",
    /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  ],
  [
    "integer",
    /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  ],
  [
    "timestamp",
    /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$/,
  ],
  ["indicator", /^(?:=|<<)$/],
] as const;
const MAY_RESOLVE = /^(?:$|[-+.0-9yYnNtTfFoO~<=])/;

/** The type that PyYAML gives to a plain scalar. */
export type Kind = (typeof KINDS)[number][0] | "string";

export function kindOf(source: string): Kind {
  if (!MAY_RESOLVE.test(source)) return "string";
  return KINDS.find(([, pattern]) => pattern.test(source))?.[0] ?? "string";
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** PyYAML 6 reads this as text and writes it without quotes; PyYAML 5 reads it as a number. */
const OLD_FLOAT = /^\._[0-9_]*(?:[eE][-+][0-9]+)?$/;
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

/**
 * Writes a string as one line of ASCII that every YAML reader reads as this string. The bytes are those that PyYAML 6
 * writes, with two exceptions: PyYAML folds long values at spaces, and PyYAML 5 needs quotes around some values.
 */
export function writeScalar(value: string): string {
  if (!PRINTABLE_ASCII.test(value)) return quoteDouble(value);
  if (kindOf(value) === "string" && !UNSAFE_PLAIN.test(value) && !OLD_FLOAT.test(value)) return value;
  return `'${value.replaceAll("'", "''")}'`;
}

export function quoteDouble(value: string): string {
  return `"${value.replace(NEEDS_ESCAPE, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const short = ESCAPES.get(character);
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** A text with the escapes that PyYAML writes. Excludes surrogates, because Python does not join a pair. */
const DOUBLE_QUOTED =
  /^"([^"\\]*(?:\\(?:[0abtnvfre"\\N_LP]|x[\da-fA-F]{2}|u(?![dD][89a-fA-F])[\da-fA-F]{4}|U00(?:0[1-9a-fA-F]|10)[\da-fA-F]{4})[^"\\]*)*)"$/;
const ESCAPED = /\\(?:x(.{2})|u(.{4})|U(.{8})|(.))/g;

/** The text of a double-quoted scalar on one line; undefined when it has escapes that PyYAML does not write. */
export function unquoteDouble(source: string): string | undefined {
  return DOUBLE_QUOTED.exec(source)?.[1]?.replace(ESCAPED, (_, x, u, U, letter) => {
    if (letter === undefined) return String.fromCodePoint(Number.parseInt(x ?? u ?? U, 16));
    return [...ESCAPES].find(([, one]) => one === letter)?.[0] ?? "";
  });
}
