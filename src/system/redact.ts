import { clean } from "./text.ts";

/** A shorter text is no real token, and replacing it would mangle ordinary words. */
const SHORTEST_REDACTED = 8;

/** Every token that this process has held. */
const secrets = new Set<string>();
const lengths = new Set<number>();

/** From here on {@link redact} masks this text. */
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

/** A text without what could drive a terminal and without the tokens that this process has held. */
export function safe(text: string): string {
  return redact(clean(text));
}

/**
 * Masks every token that this process has held. The text is searched once for each length that tokens have, so that a
 * thousand tokens cost no more than one.
 */
export function redact(text: string): string {
  // Longest first: one token may be the beginning of another.
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
