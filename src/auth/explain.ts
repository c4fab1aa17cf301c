import { askPython } from "../resolve/python.ts";
import { tokenOf } from "../contexts/context.ts";
import { compareLogins } from "../resolve/compare-python.ts";
import { showEndpoint } from "../contexts/endpoint.ts";
import { listPins, type Pin } from "../resolve/pins.ts";
import type { Active, Source } from "../resolve/active.ts";
import type { Candidate } from "../resolve/candidates.ts";
import { CliError, type ErrorCode } from "../errors.ts";
import type { Cli } from "../app.ts";
import { recallIdentity } from "./identity.ts";
import { checkActive, worstExitCode } from "./status.ts";

/** How the active context came to be; the keys are JSON keys. */
export interface Explanation {
  active: {
    name: string | null;
    source: Source | null;
    endpoint: string | null;
    token_masked: string | null;
    email: string | null;
    /** As it was last seen. */
    organization: string | null;
    usable: boolean;
    reason: string | null;
  };
  candidates: Candidate[];
  pins: Pin[];
  python: {
    name: string | null;
    endpoint: string | null;
    differs: boolean;
    reason: string | null;
    /** What `bentoml cloud current-context` prints. */
    current_context: string | null;
  };
}

const WITH_EXEC = "`bentocloud exec -- bentoml …` runs it with the active context";

/** Without any request, and without needing anything to be active. */
export async function explainActive(
  cli: Cli,
): Promise<{ explanation: Explanation; hint: string | null; exitCode: number }> {
  const { trouble, exitCode } = await findTrouble(cli);
  const active = await cli.resolve().catch(orNothing);
  const context = active?.context;
  const known = context && (await recallIdentity(cli, context));
  const organization = known?.organization ?? null;
  const { python, isAdvisable } = await explainPython(cli, active, trouble);
  const explanation: Explanation = {
    active: {
      name: active?.name ?? null,
      source: active?.source ?? null,
      endpoint: context ? showEndpoint(context.endpoint) : null,
      token_masked: (context && tokenOf(context)?.masked) ?? null,
      email: context?.email ?? known?.email ?? null,
      organization,
      usable: exitCode === 0,
      reason: trouble?.message ?? null,
    },
    candidates: await cli.candidates(),
    pins: active ? listPins(active, context, organization) : [],
    python,
  };
  const usable = exitCode === 0;
  return { explanation, hint: usable && isAdvisable ? WITH_EXEC : (trouble?.hint ?? null), exitCode };
}

/** What only a project's file can be the cause of, where nothing is asked of a server. */
const OF_PROJECTS = new Set<ErrorCode>(["PIN_MISMATCH", "FAILURE"]);

interface Trouble {
  message: string;
  hint: string | null;
  /** Undefined for a verdict. */
  error?: CliError;
}

/** Whatever `status --offline` would say against the active context, and its exit code. */
async function findTrouble(cli: Cli): Promise<{ trouble?: Trouble; exitCode: number }> {
  try {
    const status = await checkActive(cli, { offline: true, insecureHttp: false });
    const exitCode = worstExitCode([status]);
    if (exitCode === 0) return { exitCode };
    return { trouble: { message: status.reason ?? status.verdict, hint: status.hint }, exitCode };
  } catch (error) {
    if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
    const { message, hint = null, exitCode } = error;
    return { trouble: { message, hint, error }, exitCode };
  }
}

function orNothing(error: unknown): undefined {
  if (!(error instanceof CliError)) throw error;
}

async function explainPython(
  cli: Cli,
  active: Active | undefined,
  trouble: Trouble | undefined,
): Promise<{
  python: Explanation["python"];
  /** Whether it would use the active context when told to. */
  isAdvisable: boolean;
}> {
  const login = await askPython(cli.env, () => cli.cwd());
  const { context, failure, current, isBroken } = login;
  const ours = {
    kind: active?.source.kind ?? null,
    context: active?.context,
    stoppedByProject: trouble?.error !== undefined && OF_PROJECTS.has(trouble.error.code),
  };
  const { differs, reasons } = compareLogins(ours, login, cli.env);
  if (failure !== null) reasons.push(failure);
  const python = {
    name: context?.name ?? null,
    endpoint: context ? showEndpoint(context.endpoint) : null,
    differs,
    reason: reasons.length > 0 ? reasons.join("; ") : null,
    current_context: current?.name ?? null,
  };
  return { python, isAdvisable: differs && !isBroken };
}
