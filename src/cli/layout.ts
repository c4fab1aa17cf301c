import { wrapText } from "../system/wrap.ts";
import type { Row } from "./command.ts";

/** A longer term has its meaning on the next line. */
const LONGEST_TERM = 24;
const INDENT = "  ";
/** The smallest width of a column of text. A terminal that is narrower breaks the lines itself. */
const NARROWEST = 20;

/** Lines of at most `width` columns. `hang` begins every line but the first, and takes its part of all of them. */
export function wrap(text: string, width: number, hang = ""): string {
  return wrapText(text, Math.max(width - hang.length, NARROWEST)).join(`\n${hang}`);
}

/** Terms in one column and their meanings in another one. */
export function alignRows(rows: readonly Row[], width: number): string {
  const column = Math.max(...rows.map(([term]) => (term.length > LONGEST_TERM ? 0 : term.length)));
  const hang = INDENT + " ".repeat(column) + INDENT;
  const show = ([term, meaning]: Row) => {
    const start = term.length > column ? `${INDENT}${term}\n${hang}` : INDENT + term.padEnd(column) + INDENT;
    return (start + wrap(meaning, width, hang)).trimEnd();
  };
  return rows.map(show).join("\n");
}

/** Command lines with what they do behind them, or above them where one line is not wide enough. */
export function showExamples(examples: readonly Row[], width: number): string {
  const column = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, effect]) => `${INDENT}${line.padEnd(column)}${INDENT}# ${effect}`);
  if (lines.every(({ length }) => length <= width)) return lines.join("\n");
  const comment = `${INDENT}# `;
  return examples
    .map(([line, effect]) => `${comment}${wrap(effect, width, comment)}\n${breakLine(line, width)}`)
    .join("\n");
}

/** A word of a shell command, with its quotes. An option and its value count as one word. */
const WORD = /(?:--[\w-]+ (?!-))?(?:"[^"]*"|'[^']*'|[^\s"'])+/g;

/** Breaks a command line at blanks, with the backslashes that make a shell read it as one line. */
function breakLine(line: string, width: number): string {
  if (INDENT.length + line.length <= width) return INDENT + line;
  const lines: string[] = [];
  for (const word of line.match(WORD) ?? []) {
    const longer = lines.length === 0 ? INDENT + word : `${lines.at(-1)} ${word}`;
    if (lines.length === 0) lines.push(longer);
    else if (longer.length + " \\".length <= width) lines[lines.length - 1] = longer;
    else lines.push(INDENT.repeat(3) + word);
  }
  return lines.join(" \\\n");
}
