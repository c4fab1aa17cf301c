import type { Cli } from "../app.ts";
import { requireExpected } from "../errors.ts";
import { storageError } from "../system/storage-error.ts";
import { secret, type Text } from "./report.ts";

/** One thing that `doctor` checks. Running a check changes nothing. */
export interface Check<Subject = Cli> {
  id: string;
  /** Undefined when there is nothing to report. A thrown `CliError` becomes a finding with status `fail`. */
  run(subject: Subject): Promise<Finding | undefined>;
}

export interface Finding {
  /** `fail` prevents something from working, `warn` may prevent it. */
  status: "ok" | "warn" | "fail";
  message: Text;
  /** The command that fixes it, or what to edit. */
  hint?: Text | undefined;
  /** Repairs it and returns what it did. Only for a repair that changes no login and needs no decision. */
  repair?: () => Promise<Text>;
}

export const ok = (message: Text, hint?: Text): Finding => ({ status: "ok", message, hint });
export const warn = (message: Text, hint?: Text): Finding => ({ status: "warn", message, hint });
export const fail = (message: Text, hint?: Text): Finding => ({ status: "fail", message, hint });

/**
 * An expected error as a finding; a bug or Ctrl-C is thrown again. The message of an error may contain anything, so a
 * report prints its code instead.
 */
export function toFinding(error: unknown): Finding {
  const { code, message, hint } = requireExpected(storageError("look at", "what is stored", error));
  return fail(secret(code, message), hint === undefined ? undefined : secret("hint", hint));
}

/** The result, or undefined after an expected error, which another check reports. */
export async function attempt<T>(ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    return void requireExpected(error);
  }
}
