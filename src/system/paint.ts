/** What a text is to the reader; its colour follows from that. */
export type Tone = "good" | "bad" | "warning" | "dim" | "bold" | "key" | "string";

/** What a message begins with, by its kind. */
export const PREFIXES: Record<string, readonly [text: string, tone: Tone]> = {
  success: ["✓", "good"],
  error: ["error:", "bad"],
  warn: ["warning:", "warning"],
  hint: ["hint:", "dim"],
  debug: ["debug:", "dim"],
};

/** The SGR codes that begin and end each tone. */
const CODES: Record<Tone, readonly [number, number]> = {
  good: [32, 39],
  bad: [31, 39],
  warning: [33, 39],
  dim: [90, 39],
  bold: [1, 22],
  key: [36, 39],
  string: [32, 39],
};

export function paint(text: string, tone: Tone): string {
  const [begin, end] = CODES[tone];
  return `\u001b[${begin}m${text}\u001b[${end}m`;
}
