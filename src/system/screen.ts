import { cleanLines, escapeUnsafe } from "./text.ts";

/** An answer for a terminal: JSON on indented lines, and nothing in it that could drive the terminal. */
export function showOnScreen(text: string): string {
  const shown = isJson(text) ? escapeUnsafe(layOut(text)) : cleanLines(text);
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

/** The same JSON on indented lines; numbers and strings stay as they are written. */
function layOut(json: string): string {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
  const laidOut = tokens.map((token, index) => {
    const isEmpty = "[{".includes(tokens[index - 1] ?? " ");
    if (token === "]" || token === "}") depth -= 1;
    const before = (token === "]" || token === "}") && !isEmpty ? line() : "";
    if (token === "[" || token === "{") depth += 1;
    const closes = "]}".includes(tokens[index + 1] ?? " ");
    const after = token === "," || ((token === "[" || token === "{") && !closes) ? line() : "";
    return before + token + (token === ":" ? " " : after);
  });
  return laidOut.join("");
}
