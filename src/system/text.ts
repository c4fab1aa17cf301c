/** C0 and C1 controls, and the characters that reorder or hide text (bidi marks, zero-width, line separators). */
// oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const REPLACEMENT = "\ufffd";

/** Most texts, for which nobody needs to look further; this pattern costs a start far less than the others. */
const PLAIN = /^[ -~]*$/;

/**
 * A whole terminal sequence: a string (title, hyperlink, clipboard) up to its end, a control sequence, or a short one.
 * Without its first byte the rest would be left standing as text, and could hide a token's halves from each other. No
 * part of it can begin another one, so that looking for its end takes no more than one pass.
 */
const SEQUENCE =
  // oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/g;

/** The same with every such character shown as a replacement, so that a name with one cannot pass for another name. */
export function mark(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(SEQUENCE, REPLACEMENT).replace(UNSAFE, REPLACEMENT);
}

/** Text from a server or a file, made safe for a terminal: one line, nothing that moves the cursor or lies. */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(SEQUENCE, "")
    .replace(/[\t\r\n]+/g, " ")
    .replace(UNSAFE, "");
}

/** The same for a text of several lines, which stay, as its tabs do. */
export function cleanLines(text: string): string {
  return text
    .replace(SEQUENCE, "")
    .replace(UNSAFE, (character) => (character === "\n" || character === "\t" ? character : ""));
}

/** JSON with the characters that {@link clean} takes out written as `\uXXXX`; its own line ends stay. */
export function escapeUnsafe(json: string): string {
  return json.replace(UNSAFE, (character) => {
    if (character === "\n") return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** True when {@link clean} would take something out, or white space stands at either end. */
export function isUnsafe(text: string): boolean {
  return text.search(UNSAFE) !== -1 || text.trim() !== text;
}

/** The first `limit` characters, with an ellipsis when there were more. */
export function cap(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}
