import { CliError } from "../errors.ts";
import type { Output } from "../system/output.ts";

/** The one place where an error becomes words on stderr and an exit code. */
export function reportError(error: unknown, output: Output): number {
  const failure = error instanceof CliError ? error : unexpected(error);
  output.failure(failure);
  const stack = failure.cause instanceof Error ? failure.cause.stack : failure.stack;
  if (stack) output.debug(stack);
  return failure.exitCode;
}

function unexpected(error: unknown): CliError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CliError("INTERNAL", `unexpected failure: ${reason}`, {
    hint: "this is a bug; run the command again with --debug and report what it prints",
    cause: error,
  });
}
