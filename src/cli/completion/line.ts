/** A command line of bash up to its cursor. */
export interface Line {
  /** The words before the one at the cursor, without the program's name and without quotes. */
  words: string[];
  current: string;
  /** The length of the part of `current` that bash does not replace: up to the last word break or quote. */
  kept: number;
  /** The quote that is open at the cursor. */
  quote: "'" | '"' | "";
}

/**
 * Splits a line into words as bash does, without expanding or running anything. bash itself passes words that are cut at
 * every colon and equals sign and still have their quotes, so the whole line is read instead.
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

/** The text with which bash makes `value` the word at the cursor; undefined when no text can. */
export function toReply(value: string, { current, kept, quote }: Line): string | undefined {
  if (!value.startsWith(current)) return undefined;
  const missing = value.slice(kept);
  switch (quote) {
    case "'":
      return close(missing.replaceAll("'", "'\\''"), quote);
    case '"':
      // bash expands history inside these quotes, and a backslash before `!` would stay.
      return missing.includes("!") ? undefined : close(missing.replaceAll(/["\\$`]/g, "\\$&"), quote);
    default:
      return missing.replaceAll(/[^\w@%+=:,./\u0080-\u{10ffff}-]/gu, "\\$&");
  }
}

/** bash closes the quote itself, except after a character that is the same quote. */
function close(text: string, quote: string): string {
  return text.endsWith(quote) ? text + quote : text;
}
