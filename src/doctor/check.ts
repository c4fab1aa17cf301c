import { CliError } from "../errors.ts";
import type { ContextsFile } from "../yaml/read.ts";
import type { Cli } from "../app.ts";
import { storageError } from "../system/files.ts";

/** One thing that `doctor` looks at. Looking changes nothing. */
export interface Check {
  id: string;
  /** Undefined when there is nothing to say. */
  look(cli: Cli): Promise<Finding | undefined>;
}

export interface Finding {
  /** `fail` is what keeps something from working, `warn` what may. */
  status: "ok" | "warn" | "fail";
  message: string;
  hint?: string;
  /** Repairs it without losing anything, and says what it did. Only where that is safe without asking. */
  repair?: () => Promise<string>;
  hidden?: Hidden;
}

/** What of a finding's words is nobody else's business; in a report the kind of thing stands in its place. */
export type Hidden = Partial<Record<Kind, readonly string[]>>;

export type Kind =
  | "token"
  | "api token"
  | "context"
  | "endpoint"
  | "organization"
  | "e-mail"
  | "user"
  | "machine"
  | "path"
  | "proxy"
  | "authority"
  | "value"
  | "server's words";

/** What became of one check; the keys are JSON keys. */
export interface Result {
  id: string;
  status: Finding["status"];
  message: string;
  hint: string | null;
  fixed: boolean;
}

/** In this order, because a repair of one may be what the next one needs. */
export async function runChecks(
  cli: Cli,
  checks: readonly Check[],
  { fix }: { fix: boolean },
): Promise<{ results: Result[]; hidden: Hidden[]; repairable: number }> {
  const results: Result[] = [];
  const hidden: Hidden[] = [];
  let repairable = 0;
  for (const check of checks) {
    const finding = await look(cli, check);
    if (!finding) continue;
    if (finding.hidden) hidden.push(finding.hidden);
    if (finding.repair && fix) results.push(await repaired(cli, check, finding, finding.repair));
    else results.push(toResult(check, finding, false));
    if (finding.repair && !fix) repairable += 1;
  }
  return { results, hidden, repairable };
}

/** What cannot even be looked at is a finding. */
async function look(cli: Cli, check: Check): Promise<Finding | undefined> {
  try {
    return await check.look(cli);
  } catch (error) {
    const { message, hint } = asExpected(error, cli);
    return { status: "fail", message, ...(hint && { hint }) };
  }
}

/** A failure that says something about the machine; throws anything else. */
function asExpected(error: unknown, { store }: Cli): CliError {
  const expected = storageError("look at", store.paths.file, error);
  if (expected instanceof CliError && expected.code !== "CANCELLED") return expected;
  throw error;
}

/** A repair that fails is a finding too, and does not keep the others from being made. */
async function repaired(
  cli: Cli,
  check: Check,
  finding: Finding,
  repair: () => Promise<string>,
): Promise<Result> {
  try {
    const message = await repair();
    const { status, hint } = (await look(cli, check)) ?? { status: "ok" };
    return toResult(check, { status, message, ...(hint && { hint }) }, true);
  } catch (error) {
    const failure = asExpected(error, cli);
    const message = `${finding.message}; not repaired: ${failure.message}`;
    return toResult(check, { ...finding, message, ...(failure.hint && { hint: failure.hint }) }, false);
  }
}

function toResult({ id }: Check, { status, message, hint }: Finding, fixed: boolean): Result {
  return { id, status, message, hint: hint ?? null, fixed };
}

/** For checks of what stands in the file, which say nothing of one that cannot be read. */
export async function withContexts(
  cli: Cli,
  look: (file: ContextsFile) => Finding | Promise<Finding>,
): Promise<Finding> {
  try {
    return await look(await cli.store.read());
  } catch (error) {
    if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
    return { status: "warn", message: "not checked, because the contexts file cannot be read" };
  }
}

export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
