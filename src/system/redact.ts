/** Shorter texts are no real tokens, and replacing them would mangle ordinary words. */
const SHORTEST_REDACTED = 8;

/** Every secret this process has held, so that {@link redact} can keep all of them out of any text. */
const secrets = new Set<string>();
const lengths = new Set<number>();

/** From here on {@link redact} replaces this text. */
export function redactSecret(text: string): void {
  if (text.length < SHORTEST_REDACTED) return;
  secrets.add(text);
  lengths.add(text.length);
}

/**
 * The last four characters when there are at least twelve, otherwise none. Tokens are ordered by time of creation, so
 * the beginning of one gives away most of its neighbours.
 */
export function maskSecret(text: string): string {
  return text.length >= 12 ? `****${text.slice(-4)}` : "****";
}

/**
 * The text with every secret this process knows replaced by its masked form. Looks at each place of the text once for
 * each length that secrets have, so that a thousand secrets cost no more than one.
 */
export function redact(text: string): string {
  // Longest first: one secret may be the beginning of another.
  return [...lengths].toSorted((left, right) => right - left).reduce(redactOfLength, text);
}

function redactOfLength(text: string, length: number): string {
  let result = "";
  let start = 0;
  for (let at = 0; at + length <= text.length; at += 1) {
    const piece = text.slice(at, at + length);
    if (!secrets.has(piece)) continue;
    result += text.slice(start, at) + maskSecret(piece);
    at += length - 1;
    start = at + 1;
  }
  return result + text.slice(start);
}
