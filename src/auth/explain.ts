import type { Cli } from "../app.ts";
import { plainTokenOf } from "../contexts/context.ts";
import { type ErrorCode, requireExpected } from "../errors.ts";
import type { Source } from "../resolve/active.ts";
import type { ExplainedCandidate } from "../resolve/candidates.ts";
import { listPins, type Pin } from "../resolve/pins.ts";
import { comparePython, type PythonLogin } from "../resolve/compare-python.ts";
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
  candidates: ExplainedCandidate[];
  pins: Pin[];
  python: PythonLogin;
}

const WITH_EXEC = "`bentocloud exec -- bentoml …` runs it with the active context";

/** Without any request, and without needing anything to be active. */
export async function explainActive(
  cli: Cli,
): Promise<{ explanation: Explanation; hint: string | null; exitCode: number }> {
  const { reason, hint, code, exitCode } = await findProblem(cli);
  const active = await cli.resolve().catch((error: unknown) => void requireExpected(error));
  const context = active?.context;
  const known = context && (await recallIdentity(cli, context));
  const organization = known?.organization ?? null;
  // Offline, these two can only come from the project's file.
  const isForbidden = code === "PIN_MISMATCH" || code === "FAILURE";
  const { python, mayRefuse } = await comparePython({ env: cli.env, cwd: cli.cwd, active, isForbidden });
  const isUsable = exitCode === 0;
  const explanation: Explanation = {
    active: {
      name: active?.name ?? null,
      source: active?.source ?? null,
      endpoint: context?.endpoint.masked ?? null,
      token_masked: (context && plainTokenOf(context)?.masked) ?? null,
      email: context?.email ?? known?.email ?? null,
      organization,
      usable: isUsable,
      reason,
    },
    candidates: await cli.candidates(active?.source),
    pins: active ? listPins(active, context, organization) : [],
    python,
  };
  const canFollow = isUsable && python.differs && !mayRefuse;
  return { explanation, hint: canFollow ? WITH_EXEC : hint, exitCode };
}

interface Problem {
  reason: string | null;
  hint: string | null;
  /** Undefined for a verdict. */
  code?: ErrorCode;
  exitCode: number;
}

/** Whatever `status --offline` would say against the active context, and its exit code. */
async function findProblem(cli: Cli): Promise<Problem> {
  try {
    const status = await checkActive(cli, { offline: true });
    const exitCode = worstExitCode([status]);
    const reason = exitCode === 0 ? null : (status.reason ?? status.verdict);
    return { reason, hint: status.hint, exitCode };
  } catch (error) {
    const { message, hint = null, code, exitCode } = requireExpected(error);
    return { reason: message, hint, code, exitCode };
  }
}
