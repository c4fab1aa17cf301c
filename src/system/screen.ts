import { cleanLines, escapeUnsafe } from "./text.ts";

/** A server's answer for a terminal: JSON is indented, and nothing in it can drive the terminal. */
export function showOnScreen(text: string): string {
  const shown = isJson(text) ? escapeUnsafe(indent(text)) : cleanLines(text);
  return shown === "" || shown.endsWith("\n") ? shown : `${shown}\n`;
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
function indent(json: string): string {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
  const pieces = tokens.map((token, index) => {
    const isEmpty = "[{".includes(tokens[index - 1] ?? " ");
    if (token === "]" || token === "}") depth -= 1;
    const before = (token === "]" || token === "}") && !isEmpty ? line() : "";
    if (token === "[" || token === "{") depth += 1;
    const closes = "]}".includes(tokens[index + 1] ?? " ");
    const after = token === "," || ((token === "[" || token === "{") && !closes) ? line() : "";
    return before + token + (token === ":" ? " " : after);
  });
  return pieces.join("");
}
