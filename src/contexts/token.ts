import { usageError } from "../errors.ts";

const SENDABLE = /^[\x21-\x7e]+$/;

/** Shorter ones are no real tokens, and replacing them would mangle ordinary words. */
const SHORTEST_REDACTED = 8;

/** Every secret this process has held, so that {@link redact} can keep all of them out of any text. */
const held = new Set<string>();
const heldLengths = new Set<number>();

/**
 * An API token that cannot be printed by accident: every implicit conversion (template, JSON, inspection)
 * yields the masked form, and only {@link Token.reveal} gives the text.
 */
export class Token {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    if (text.length < SHORTEST_REDACTED) return;
    held.add(text);
    heldLengths.add(text.length);
  }

  /** The token itself. Call it only to send it, to store it, or because the user asked to see it. */
  reveal(): string {
    return this.#text;
  }

  /** Whether it can travel in an HTTP header as it is: visible ASCII only. */
  get sendable(): boolean {
    return SENDABLE.test(this.#text);
  }

  /**
   * The last four characters when there are at least twelve, otherwise none. Tokens are ordered by time of
   * creation, so the beginning of one gives away most of its neighbours.
   */
  get masked(): string {
    return this.#text.length >= 12 ? `****${this.#text.slice(-4)}` : "****";
  }

  toString(): string {
    return this.masked;
  }

  toJSON(): string {
    return this.masked;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Token(${this.masked})`;
  }
}

/** A token as a person or a script supplies it: surrounding white space is not part of it. */
export function parseToken(text: string, origin: string): Token {
  const token = new Token(text.trim());
  if (token.reveal() === "") throw usageError(`the API token from ${origin} is empty`);
  if (!token.sendable) {
    throw usageError(
      `the API token from ${origin} has characters that no token has (white space, control or non-ASCII)`,
      "copy the token again; it is one word of plain letters, digits and punctuation",
    );
  }
  return token;
}

/**
 * The same text with every token this process knows replaced by its masked form. Looks at each place of the text once
 * for each length that tokens have, so that a thousand tokens cost no more than one.
 */
export function redact(text: string): string {
  // Longest first: one token may be the beginning of another.
  return [...heldLengths].toSorted((left, right) => right - left).reduce(redactOfLength, text);
}

function redactOfLength(text: string, length: number): string {
  let result = "";
  let start = 0;
  for (let at = 0; at + length <= text.length; at += 1) {
    const piece = text.slice(at, at + length);
    if (!held.has(piece)) continue;
    result += text.slice(start, at) + new Token(piece).masked;
    at += length - 1;
    start = at + 1;
  }
  return result + text.slice(start);
}
