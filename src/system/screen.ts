import type { Tone } from "./paint.ts";
import { cleanLines, escapeUnsafe } from "./text.ts";

type Paint = (text: string, tone: Tone) => string;

const PIECE = 64 * 1024;
/** What lies deeper is not indented further: a hundred thousand brackets would print gigabytes of blanks. */
const MAX_INDENTED = 32;

/**
 * A server's answer for a terminal, piece by piece: JSON is indented and coloured, and nothing in it can drive the terminal. The text
 * is scanned by hand, because a regular expression gives up without a word in a string of millions of characters.
 */
export function* showOnScreen(text: string, paint: Paint): Generator<string> {
  if (isJson(text)) {
    yield* indent(text, paint);
    yield "\n";
    return;
  }
  const shown = cleanLines(text);
  yield shown === "" || shown.endsWith("\n") ? shown : `${shown}\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Works on the text, so that numbers and strings stay as they are written. */
function* indent(json: string, paint: Paint): Generator<string> {
  let depth = 0;
  let piece = "";
  const line = () => `\n${"  ".repeat(Math.min(depth, MAX_INDENTED))}`;
  for (let at = skipSpace(json, 0); at < json.length; at = skipSpace(json, at)) {
    const character = json[at]!;
    const isString = character === '"';
    const end = isString ? endOfString(json, at) : at + 1;
    const token = json.slice(at, end);
    at = end;
    if (token === "[" || token === "{") {
      const next = skipSpace(json, at);
      const isEmpty = json[next] === "]" || json[next] === "}";
      if (!isEmpty) depth += 1;
      piece += isEmpty ? token + json[next] : token + line();
      if (isEmpty) at = next + 1;
    } else if (token === "]" || token === "}") {
      depth -= 1;
      piece += line() + token;
    } else if (isString) {
      const isKey = json[skipSpace(json, at)] === ":";
      piece += paint(escapeUnsafe(token), isKey ? "key" : "string");
    } else piece += token === "," ? token + line() : token === ":" ? ": " : token;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(json[at] ?? "x")) at += 1;
  return at;
}

/** The place behind the quote that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === "\\") at += 1;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}
