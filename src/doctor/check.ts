import type { Cli } from "../app.ts";
import { CliError } from "../errors.ts";
import { storageError } from "../system/files.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { secret, type Text, text } from "./report.ts";

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
  hint?: Text;
  /** Repairs it and says what it did. Only for what changes no login and needs no decision. */
  repair?: () => Promise<Text>;
}

export function ok(message: Text, hint?: Text): Finding {
  return { status: "ok", message, ...(hint && { hint }) };
}

export function warn(message: Text, hint?: Text): Finding {
  return { status: "warn", message, ...(hint && { hint }) };
}

export function fail(message: Text, hint?: Text): Finding {
  return { status: "fail", message, ...(hint && { hint }) };
}

/**
 * An expected error as a finding; anything else, a bug or Ctrl-C, is thrown. Its words can name anything, so a report
 * has its code instead.
 */
export function toFinding(error: unknown, { store }: Cli): Finding {
  const expected = storageError("look at", store.paths.file, error);
  if (!(expected instanceof CliError) || expected.code === "CANCELLED") throw expected;
  const { code, message, hint } = expected;
  return fail(secret(code, message), hint === undefined ? undefined : secret("hint", hint));
}

/** For checks of what the contexts file holds: the check `file` alone reports one that cannot be read. */
export async function withContexts(
  { store }: Cli,
  look: (file: ContextsFile) => Finding | Promise<Finding>,
): Promise<Finding> {
  try {
    return await look(await store.read({ notice: false }));
  } catch (error) {
    if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
    return warn(text`not checked, because the contexts file cannot be read`);
  }
}
