import type { Cli } from "../app.ts";
import { CliError } from "../errors.ts";
import { storageError } from "../system/storage-error.ts";
import { secret, type Text } from "./report.ts";

/** One thing that `doctor` looks at. Looking changes nothing. */
export interface Check<Subject = Cli> {
  id: string;
  /** Undefined when there is nothing to say. An expected error that is thrown is a finding with status `fail`. */
  run(subject: Subject): Promise<Finding | undefined>;
}

export interface Finding {
  /** `fail` is what keeps something from working, `warn` what may. */
  status: "ok" | "warn" | "fail";
  message: Text;
  /** The command that mends it, or what to edit. */
  hint?: Text | undefined;
  /** Repairs it and says what it did. Only for what changes no login and needs no decision. */
  repair?: () => Promise<Text>;
}

export const ok = (message: Text, hint?: Text): Finding => ({ status: "ok", message, hint });
export const warn = (message: Text, hint?: Text): Finding => ({ status: "warn", message, hint });
export const fail = (message: Text, hint?: Text): Finding => ({ status: "fail", message, hint });

/**
 * An expected error as a finding; anything else, a bug or Ctrl-C, is thrown. Its words can name anything, so a report
 * has its code instead.
 */
export function toFinding(error: unknown): Finding {
  const { code, message, hint } = requireExpected(storageError("look at", "what is stored", error));
  return fail(secret(code, message), hint === undefined ? undefined : secret("hint", hint));
}

function requireExpected(error: unknown): CliError {
  if (error instanceof CliError && error.code !== "CANCELLED") return error;
  throw error;
}

/** The answer; undefined where an expected error leaves none, which another check reports. */
export async function attempt<T>(ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    return void requireExpected(error);
  }
}
