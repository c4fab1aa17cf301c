import { CliError } from "../errors.ts";
import type { Output } from "../system/output.ts";
import type { Invocation } from "./invocation.ts";

/** The one place where an error becomes words on stderr and an exit code. */
export async function reportError(
  error: unknown,
  output: Output,
  invocation: Invocation | undefined,
): Promise<number> {
  const failure = error instanceof CliError ? error : unexpected(error);
  const { code, message, exitCode } = failure;
  output.failure({ code, message, hint: await hintOf(failure, invocation), exitCode });
  const stack = failure.cause instanceof Error ? failure.cause.stack : failure.stack;
  if (stack) output.debug(stack);
  return failure.exitCode;
}

async function hintOf({ hint, correction }: CliError, invocation: Invocation | undefined) {
  if (correction === undefined || invocation === undefined) return hint;
  const { suggest } = await import("./suggest.ts");
  return suggest(invocation, correction, hint) ?? hint;
}

function unexpected(error: unknown): CliError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CliError("INTERNAL", `unexpected failure: ${reason}`, {
    hint: "this is a bug; run the command again with --debug and report what it prints",
    cause: error,
  });
}
