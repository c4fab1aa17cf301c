/** C0 and C1 controls, and the characters that reorder or hide text (bidi marks, zero-width, line separators). */
// oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const REPLACEMENT = "\ufffd";

/** Most texts are printable ASCII and need no other pattern; this one costs a start far less than those. */
const PLAIN = /^[ -~]*$/;

/**
 * A whole terminal sequence: a string (title, hyperlink, clipboard) up to its end, a control sequence, or a short one.
 * If only its first byte were removed, the rest would stay as text and could separate the halves of a token. No part of
 * a sequence can begin another one, so the search is linear.
 */
const SEQUENCE =
  // oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/g;

/** Shows every unsafe character as U+FFFD, so that a name with one cannot pass for another name. */
export function mark(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(SEQUENCE, REPLACEMENT).replace(UNSAFE, REPLACEMENT);
}

/** A text from a server or a file, made safe for a terminal: one line, and nothing that moves the cursor or hides text. */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(SEQUENCE, "")
    .replace(/[\t\r\n]+/g, " ")
    .replace(UNSAFE, "");
}

/** Like {@link clean}, but line feeds and tabs stay. */
export function cleanLines(text: string): string {
  return text
    .replace(SEQUENCE, "")
    .replace(UNSAFE, (character) => (character === "\n" || character === "\t" ? character : ""));
}

/** JSON on indented lines for a program, harmless for a person who looks at it. */
export function toSafeJson(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  return escapeUnsafe(JSON.stringify(value, replacer, 2));
}

/** Writes the unsafe characters of a JSON text as `\uXXXX`; its own line feeds stay. */
export function escapeUnsafe(json: string): string {
  return json.replace(UNSAFE, (character) => {
    if (character === "\n") return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** True when {@link clean} would remove something, or white space stands at either end. */
export function isUnsafe(text: string): boolean {
  return text.search(UNSAFE) !== -1 || text.trim() !== text;
}

/** Marks of our own, for a terminal or file whose locale is not UTF-8. */
const ASCII_MARKS: Record<string, string> = { "✓": "+", "✗": "x", "…": "...", "→": "->" };

export function toAsciiMarks(text: string): string {
  return text.replaceAll(/[✓✗…→]/g, (mark) => ASCII_MARKS[mark]!);
}

/**
 * Paths below the home directory with `~`, where a shell that reads the text expands it: at the beginning of a word and
 * not in single quotes.
 */
export function toTilde(text: string, home: string): string {
  if (home.length < 2 || !text.includes(home)) return text;
  return text.replaceAll(home, (path, at: number) => {
    const isWord =
      /^[\s("`]?$/.test(text.charAt(at - 1)) && /^[/\\\s)"`,:;]?$/.test(text.charAt(at + path.length));
    return isWord ? "~" : path;
  });
}

/** The first `limit` characters, with an ellipsis when there were more. */
export function cap(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

/** `1 context`, `2 contexts`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const MOST_NAMES = 5;

/** For a sentence: the first names, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** Whether a word that was given as a name may be a token that was pasted in the wrong place. */
export function looksLikeToken(word: string): boolean {
  return /^[0-9a-v]{20}$/.test(word) || (/^[A-Za-z0-9]{16,}$/.test(word) && /\d/.test(word));
}

/** A name as one word of a shell command that a person may copy. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
