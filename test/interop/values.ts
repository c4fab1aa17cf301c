import fc from "fast-check";

/** Words that some YAML reader does not read as text. */
const WORDS = `y n yes No ON off true False null Null ~ None NaN inf .inf .nan = << - ? : --- ... !x &a *a @a \`a | >
0 -0 08 0123 0o17 0x1F 0b101 1_000 1e3 1E+3 1.10 .5 5. 0e12345 12:30 190:20:30 1:59.5
2024-01-01 2024-13-01 2024-01-01T00:00:00Z #a a: :a a#b [a] {a:b} it's ' " \\ \\" '' \ufeffa é 日本 😀 \u{10ffff}`;

/** Texts with blanks, line breaks and characters that a file must escape. */
const PHRASES = [
  ["", " a", "a ", "  ", "a: b", "a #b", "- a", "? a", "--- a", "%YAML 1.1", "{a: b}", ", a"],
  ["\t", "a\tb", "\n", "a\nb", "\n a", "a\n\n", "\r", "a\r\nb", "\0", "\x07\b\x1b", "\x7f"],
  ["\x85", "a\x85b", "\xa0", "\u2028", "\u2029", "\ufeff", "\ufffe", "\u202e"],
].flat();
const TRAPS = [...WORDS.split(/[ \n]/), ...PHRASES];

const letters = fc.string({
  unit: fc.constantFrom(..."-?:#'\"\\ \n\t0123x_.eyno~=<,[]{}&*!|>%@é\x85\xa0\u2028😀"),
});

/** Longer than the width at which PyYAML folds. */
const sentence = fc
  .array(fc.oneof(fc.constantFrom(...TRAPS), fc.string({ maxLength: 12 })), { minLength: 10, maxLength: 40 })
  .map((words) => words.join(" "));

/** Any text of a name, an endpoint, a token or an e-mail; half of them are special in YAML. */
export const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TRAPS) },
  { weight: 2, arbitrary: letters },
  { weight: 2, arbitrary: sentence },
  { weight: 2, arbitrary: fc.string({ unit: "binary" }) },
  // Includes single surrogates, which strings of JavaScript and Python can contain.
  { weight: 1, arbitrary: fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)) },
);
