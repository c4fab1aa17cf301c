import { findContext, tokenOf } from "../contexts/context.ts";
import { looksLikeToken } from "../system/text.ts";
import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { problemWith } from "../yaml/read.ts";
import {
  type Candidate,
  describeSource,
  fromProject,
  fromUser,
  type Inputs,
  listOverrides,
  type Source,
  sourceOf,
} from "./active.ts";
import { findProject } from "./bentorc.ts";

/** A candidate and what became of it; the keys are JSON keys. */
export interface ExplainedCandidate extends Source {
  /** The name that it chooses, or the credential's masked token. */
  value: string | null;
  chosen: boolean;
  reason: string;
}

/**
 * Every candidate in the order of precedence. An error hides none of them: it is the reason of its own candidate.
 *
 * @param winner what chose the active context; undefined when resolution ended with an error
 */
export async function explainCandidates(
  inputs: Inputs,
  winner: Source | undefined,
): Promise<ExplainedCandidate[]> {
  const { user, whyMissing } = await readUser(inputs);
  const candidates = [...listOverrides(inputs), ...listProjects(inputs), user];
  return candidates.map((candidate) => {
    const { source, name, credential, error, note } = candidate;
    const chosen = name !== undefined && winner?.kind === source.kind;
    const missing = name === undefined || source.kind === "env_key" ? undefined : whyMissing(name, source);
    const secret =
      missing !== undefined && name !== undefined && looksLikeToken(name)
        ? new Token(name)
        : credential && tokenOf(credential);
    const reasons = [
      !chosen && (name !== undefined || error) && whyNotChosen(candidate, winner),
      missing,
      note,
    ].filter(Boolean);
    return {
      ...source,
      value: secret?.masked ?? (source.kind === "env_key" ? null : (name ?? null)),
      chosen,
      reason: reasons.join(", ") || "the first that chooses",
    };
  });
}

function whyNotChosen({ error }: Candidate, winner: Source | undefined): string | undefined {
  if (winner) return `overridden by ${describeSource(winner)}`;
  return error ? undefined : "unused, because another one is an error";
}

/** The nearest `.bentorc`, after the nearer ones that are skipped. */
function listProjects({ cwd }: Inputs): Candidate[] {
  const source = sourceOf("project", "context");
  const found: Candidate[] = [];
  const skip = (path: string, why: string) =>
    found.push({ source: { ...source, path }, note: `skipped: ${why}` });
  try {
    const project = findProject(cwd, () => {}, skip);
    if (project) found.push(fromProject(project));
  } catch (error) {
    found.push(failed(source, error));
  }
  return found.length > 0 ? found : [{ source, note: "no .bentorc here or above" }];
}

/** Why a name stands for no context; undefined when it does, and where that is not known. */
type WhyMissing = (name: string, source: Source) => string | undefined;

/** The contexts file's candidate, and which names stand for no context in the file. */
async function readUser(inputs: Inputs): Promise<{ user: Candidate; whyMissing: WhyMissing }> {
  try {
    const file = await inputs.read();
    const whyMissing: WhyMissing = (name, { kind }) => {
      const problem = problemWith(file, kind === "user" ? null : name);
      if (problem) return `line ${problem.line}: ${problem.message}`;
      return findContext(file.contexts, name) ? undefined : "names no stored context";
    };
    return { user: fromUser(file, inputs.file()), whyMissing };
  } catch (error) {
    return { user: failed(sourceOf("user", "current_context_name"), error), whyMissing: () => undefined };
  }
}

function failed(source: Source, error: unknown): Candidate {
  if (error instanceof CliError && error.code !== "CANCELLED") return { source, error, note: error.message };
  throw error;
}
