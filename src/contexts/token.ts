import { usageError } from "../errors.ts";
import { maskSecret, redactSecret } from "../system/redact.ts";

const SENDABLE = /^[\x21-\x7e]+$/;

/**
 * An API token that cannot be printed by accident: every implicit conversion (template, JSON, inspection) gives the
 * masked form, and only {@link Token.reveal} gives the text.
 */
export class Token {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    redactSecret(text);
  }

  /** The token itself: call this only to send it, to store it, or because the user asked to see it. */
  reveal(): string {
    return this.#text;
  }

  /** Whether it can be the value of an HTTP header: visible ASCII only. */
  get sendable(): boolean {
    return SENDABLE.test(this.#text);
  }

  /**
   * The last four characters of twelve or more, otherwise none. Tokens are ordered by the time of their creation, so
   * the beginning of one tells most of the tokens made about the same time.
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

/** A token as a person or a script supplies it; surrounding white space is removed. */
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
