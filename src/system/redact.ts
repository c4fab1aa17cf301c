import { clean, cleanLines } from "./text.ts";

/** A shorter text is no real token, and replacing it would mangle ordinary words. */
const SHORTEST_REDACTED = 8;

/** Every secret that this process has held, in each spelling of it that text may have, and its mask. */
const masks = new Map<string, string>();
const lengths = new Set<number>();

/** From here on {@link redact} masks this text. */
export function redactSecret(text: string, mask = maskSecret(text)): void {
  if (text.length < SHORTEST_REDACTED || masks.has(text)) return;
  for (const spelling of spellingsOf(text)) {
    if (spelling.length < SHORTEST_REDACTED) continue;
    masks.set(spelling, mask);
    lengths.add(spelling.length);
  }
}

/** A server or a library may have quoted it, as JSON or in a URL, and we for a shell. Most tokens need none of that. */
export function spellingsOf(text: string): string[] {
  if (/^[\w.~-]*$/.test(text)) return [text];
  const wellFormed = text.toWellFormed();
  return [
    text,
    clean(text),
    JSON.stringify(text).slice(1, -1),
    text.replaceAll("'", "'\\''"),
    encodeURI(wellFormed),
    encodeURIComponent(wellFormed),
  ];
}

/**
 * The last four characters when there are at least twelve, otherwise none. Tokens are ordered by time of creation, so
 * the beginning of one gives away most of its neighbours.
 */
export function maskSecret(text: string): string {
  return text.length >= 12 ? `****${text.slice(-4)}` : "****";
}

/** Makes `JSON.stringify` mask secrets before it escapes their characters. */
export function redactFields(_key: string, value: unknown): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value !== "object" || value === null || Array.isArray(value) || "rawJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [redact(key), field]));
}

/** A text without what could drive a terminal and without the tokens that this process has held. */
export function safe(text: string): string {
  return redact(clean(text));
}

/** Like {@link safe}, but line feeds and tabs stay. */
export function safeLines(text: string): string {
  return redact(cleanLines(text));
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
    const mask = masks.get(piece);
    if (mask === undefined) continue;
    result += text.slice(start, at) + mask;
    at += length - 1;
    start = at + 1;
  }
  return result + text.slice(start);
}
