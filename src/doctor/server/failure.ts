import { CliError } from "../../errors.ts";
import type { Finding } from "../check.ts";

/** A failure as a finding. Throws what is none: a bug, or Ctrl-C. */
export function failureOf(error: unknown): Finding {
  if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
  const { message, hint } = error;
  return { status: "fail", message, ...(hint && { hint }), hidden: { "server's words": wordsIn(error) } };
}

/** What the server said stands behind our own sentence, and can name anything. */
function wordsIn({ code, message }: CliError): string[] {
  const isAnswer = /^(?:TOKEN_|FORBIDDEN|API_)/.test(code);
  const at = message.indexOf(": ");
  return isAnswer && at !== -1 ? [message.slice(at + 2)] : [];
}
