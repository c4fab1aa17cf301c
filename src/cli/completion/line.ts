/** A command line of bash up to its cursor. */
export interface Line {
  /** The words before the one at the cursor, without the program's name, as the program would get them. */
  words: string[];
  current: string;
  /** How much of `current` stands before the piece that bash replaces, which begins behind a break or a quote. */
  kept: number;
  /** The quote that is open at the cursor. */
  quote: "'" | '"' | "";
}

/**
 * Reads a line as bash does, except that nothing in it is expanded, let alone run. bash hands the line to its completion
 * functions cut at every colon and equals sign, and with its quotes; what is typed must be put together again.
 */
export function readLine(text: string, breaks: string): Line {
  const words: string[] = [];
  let word: string | undefined;
  let kept = 0;
  let quote: Line["quote"] = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (quote !== "" && character === quote) {
      quote = "";
      kept = word?.length ?? 0;
    } else if (character === "\\" && quote !== "'") {
      at += 1;
      const next = text[at] ?? "";
      const isKept = quote === '"' && !/["\\$`]/.test(next);
      word = (word ?? "") + (isKept ? "\\" : "") + next;
    } else if (quote !== "") {
      word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
      kept = word.length;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      kept = 0;
    } else {
      word = (word ?? "") + character;
      if (breaks.includes(character)) kept = word.length;
    }
  }
  return { words: words.slice(1), current: word ?? "", kept, quote };
}

/** What bash has to put in the place of what it replaces, so that `value` is the word; undefined when nothing can. */
export function toReply(value: string, { current, kept, quote }: Line): string | undefined {
  if (!value.startsWith(current)) return undefined;
  const missing = value.slice(kept);
  switch (quote) {
    case "'":
      return close(missing.replaceAll("'", "'\\''"), quote);
    case '"':
      // History is expanded in here, and a backslash would stay.
      return missing.includes("!") ? undefined : close(missing.replaceAll(/["\\$`]/g, "\\$&"), quote);
    default:
      return missing.replaceAll(/[^\w@%+=:,./\u0080-\u{10ffff}-]/gu, "\\$&");
  }
}

/** bash closes the quote itself, but not behind a character that looks as if it did. */
function close(text: string, quote: string): string {
  return text.endsWith(quote) ? text + quote : text;
}
