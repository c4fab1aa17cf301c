import { findContext, tokenOf } from "../contexts/context.ts";
import { looksLikeToken } from "../system/text.ts";
import { Token } from "../contexts/token.ts";
import { requireExpected } from "../errors.ts";
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

/** A candidate and whether it was chosen; the keys are JSON keys. */
export interface ExplainedCandidate extends Source {
  /** The chosen name, or the masked token of the credential. */
  value: string | null;
  chosen: boolean;
  reason: string;
}

/**
 * Every candidate in the order of precedence. An error of one candidate becomes its reason and hides no other one.
 *
 * @param winner the source of the active context; undefined when resolution failed
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
      reason: reasons.join(", ") || "used: the first one that is set",
    };
  });
}

function whyNotChosen({ error }: Candidate, winner: Source | undefined): string | undefined {
  if (winner) return `overridden by ${describeSource(winner)}`;
  return error ? undefined : "not used, because another source is an error";
}

/** The nearest `.bentorc` that is used, after those that are skipped. */
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

/** Why no context has this name; undefined when one has it, or when the file cannot be read. */
type WhyMissing = (name: string, source: Source) => string | undefined;

/** The candidate of the contexts file, and a function that says why a name is missing there. */
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
  const expected = requireExpected(error);
  return { source, error: expected, note: expected.message };
}
