import { usageError } from "../errors.ts";
import { maskSecret, redactSecret } from "../system/redact.ts";

const SENDABLE = /^[\x21-\x7e]+$/;

/**
 * An API token that cannot be printed by accident: every implicit conversion (template, JSON, inspection) returns the
 * masked form, and only {@link Token.reveal} returns the text.
 */
export class Token {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    redactSecret(text);
  }

  /** The token itself. Only for sending it, for storing it, and for a user who asked to see it. */
  reveal(): string {
    return this.#text;
  }

  /** Whether it is visible ASCII, so that it can be the value of an HTTP header. */
  get sendable(): boolean {
    return SENDABLE.test(this.#text);
  }

  /**
   * Shows the last four characters of a token of twelve or more. Tokens begin with their creation time, so tokens
   * created at about the same time have the same beginning.
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

/** Parses a token from a person or a script. Removes surrounding white space. */
export function parseToken(text: string, origin: string): Token {
  const token = new Token(text.trim());
  if (token.reveal() === "") throw usageError(`the API token from ${origin} is empty`);
  if (!token.sendable) {
    throw usageError(
      `the API token from ${origin} has characters that no token has (white space, control or non-ASCII)`,
      "copy the token again; it is one word of ASCII letters, digits and punctuation",
    );
  }
  return token;
}
