import type { Tone } from "./paint.ts";
import { cleanLines, escapeUnsafe } from "./text.ts";

type Paint = (text: string, tone: Tone) => string;

const PIECE = 64 * 1024;
/** What lies deeper is not indented further: a hundred thousand brackets would print gigabytes of blanks. */
const MAX_INDENTED = 32;

/**
 * A server's answer for a terminal, piece by piece: JSON is indented and coloured, and nothing in it can drive the
 * terminal. Its tokens are found by hand and none is kept: a regular expression gives up without an error in a string of
 * millions of characters, and `JSON.parse` takes 400 MB for 10 MiB of empty lists.
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

/** The next token of a JSON text; `rest` is a comma, a closing bracket, or the end. */
type Expected = "value" | "first value" | "key" | "first key" | "colon" | "rest";

const MAY_END = new Set<Expected>(["first value", "first key", "rest"]);

function isJson(text: string): boolean {
  /** The closing brackets that are due, the innermost last. */
  const due: string[] = [];
  let expected: Expected = "value";
  for (const token of tokensOf(text)) {
    const isDue = token === due.at(-1);
    if (isDue && MAY_END.has(expected)) {
      due.pop();
      expected = "rest";
    } else if (expected === "rest") {
      if (token !== "," || due.length === 0) return false;
      expected = due.at(-1) === "]" ? "value" : "key";
    } else if (expected === "colon") {
      if (token !== ":") return false;
      expected = "value";
    } else if (expected === "key" || expected === "first key") {
      if (!token.startsWith('"') || !isScalar(token)) return false;
      expected = "colon";
    } else if (token === "[" || token === "{") {
      due.push(token === "[" ? "]" : "}");
      expected = token === "[" ? "first value" : "first key";
    } else {
      if (!isScalar(token)) return false;
      expected = "rest";
    }
  }
  return expected === "rest" && due.length === 0;
}

function isScalar(token: string): boolean {
  try {
    JSON.parse(token);
    return true;
  } catch {
    return false;
  }
}

/** Works on the text, so that numbers and strings stay as they are written. */
function* indent(json: string, paint: Paint): Generator<string> {
  let depth = 0;
  let piece = "";
  let before = "";
  /** A string: whether it is a key is known from the token behind it. */
  let held = "";
  for (const token of tokensOf(json)) {
    if (held !== "") piece += paint(escapeUnsafe(held), token === ":" ? "key" : "string");
    const isEnd = token === "]" || token === "}";
    const isFirst = before === "[" || before === "{";
    if (isEnd) depth -= 1;
    if (isEnd !== isFirst || before === ",") piece += `\n${"  ".repeat(Math.min(depth, MAX_INDENTED))}`;
    else if (before === ":") piece += " ";
    held = token.startsWith('"') ? token : "";
    if (held === "") piece += token;
    if (token === "[" || token === "{") depth += 1;
    before = token;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield held === "" ? piece : piece + paint(escapeUnsafe(held), "string");
}

/** The brackets, commas, colons, strings and words of a text, without the white space between them. */
function* tokensOf(json: string): Generator<string> {
  let at = skip(json, 0, " \t\r\n");
  while (at < json.length) {
    const start = at;
    if (json[at] === '"') at = endOfString(json, at);
    else at = "[]{},:".includes(json[at]!) ? at + 1 : endOfWord(json, at);
    yield json.slice(start, at);
    at = skip(json, at, " \t\r\n");
  }
}

function skip(json: string, from: number, characters: string): number {
  let at = from;
  while (at < json.length && characters.includes(json[at]!)) at += 1;
  return at;
}

function endOfWord(json: string, from: number): number {
  let at = from;
  while (at < json.length && !'[]{},:" \t\r\n'.includes(json[at]!)) at += 1;
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
