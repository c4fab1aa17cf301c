import { usageError } from "../errors.ts";
import { maskSecret, redactSecret } from "../system/redact.ts";
import { Masked } from "./masked.ts";
import { looksLikeReference } from "./reference.ts";

const SENDABLE = /^[\x21-\x7e]+$/;

/** An API token. */
export class Token extends Masked {
  constructor(text: string) {
    super(text);
    redactSecret(text);
  }

  /** Whether it is visible ASCII, so that it can be the value of an HTTP header, and no reference to a token. */
  get sendable(): boolean {
    return SENDABLE.test(this.reveal()) && !looksLikeReference(this.reveal());
  }

  /**
   * Shows the last four characters of a token of twelve or more. Tokens begin with their creation time, so tokens
   * created at about the same time have the same beginning.
   */
  get masked(): string {
    return maskSecret(this.reveal());
  }
}

/** Parses a token from a person or a script. Removes surrounding white space. */
export function parseToken(text: string, origin: string): Token {
  const token = new Token(text.trim());
  if (token.reveal() === "") throw usageError(`the API token from ${origin} is empty`);
  if (looksLikeReference(token.reveal()))
    throw usageError(
      `what ${origin} holds only says where an API token is kept`,
      "`bentocloud token` prints the token itself; `bentocloud exec -- COMMAND` runs a program with it",
    );
  if (!token.sendable) {
    throw usageError(
      `the API token from ${origin} has characters that no token has (white space, control or non-ASCII)`,
      "copy the token again; it is one word of ASCII letters, digits and punctuation",
    );
  }
  return token;
}
