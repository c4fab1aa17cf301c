import displayWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

export { displayWidth };

/** The lines of a text, none wider than `columns`. A command in backquotes stays on one line where it fits. */
export function wrapText(text: string, columns: number): string[] {
  if (displayWidth(text) <= columns) return [text];
  const glued = text.replaceAll(/`[^`]+`/g, (command) =>
    displayWidth(command) < columns ? command.replaceAll(" ", GLUE) : command,
  );
  const wrapped = wrapAnsi(glued, Math.max(columns, WIDEST_CHARACTER), { hard: true });
  return wrapped.replaceAll(GLUE, " ").split("\n");
}

/** A blank at which no line ends. */
const GLUE = "\u00a0";
const WIDEST_CHARACTER = 2;

/** The beginning of a text that fits, with an ellipsis when there is more. */
export function cutText(text: string, columns: number, ellipsis = "…"): string {
  if (displayWidth(text) <= columns) return text;
  const room = columns - displayWidth(ellipsis);
  if (room < WIDEST_CHARACTER) return ellipsis.slice(0, columns);
  const [start = ""] = wrapAnsi(text, room, { hard: true, trim: false, wordWrap: false }).split("\n");
  return start + ellipsis;
}
