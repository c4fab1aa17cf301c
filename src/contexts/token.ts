import { usageError } from "../errors.ts";
import { maskSecret, redactSecret } from "../system/redact.ts";

const SENDABLE = /^[\x21-\x7e]+$/;

/**
 * An API token that cannot be printed by accident: every implicit conversion (template, JSON, inspection)
 * yields the masked form, and only {@link Token.reveal} gives the text.
 */
export class Token {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    redactSecret(text);
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
    return maskSecret(this.#text);
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
