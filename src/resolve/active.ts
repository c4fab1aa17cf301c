import { type Context, findContext } from "../contexts/context.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { type CliError, requireCliError } from "../errors.ts";
import type { Environment } from "../system/runtime.ts";
import { type ContextsFile, problemError, problemWith } from "../yaml/read.ts";
import { findProject, type Project } from "./bentorc.ts";
import {
  environmentCredential,
  isSetButEmpty,
  keyVariable,
  SHELL_VARIABLE,
  variable,
} from "./environment.ts";
import { resolveLayers } from "./layers.ts";

/**
 * Which context is active here. First match wins: `--context`, the credential in `BENTO_CLOUD_API_KEY`,
 * `BENTOML_CLOUD_CONTEXT`, the nearest `.bentorc`, `current_context_name`. The answer always says where it came from.
 */
export interface Source {
  kind: "flag" | "env_key" | "env_context" | "project" | "user";
  /** The option, variable or key. */
  name: string;
  path: string | null;
  line: number | null;
}

/** A source and the context it chooses. */
export interface Candidate {
  source: Source;
  /** Undefined when the source chooses nothing. */
  name?: string | undefined;
  /** Only for the credential in the environment; every other source names a stored context. */
  credential?: Context | undefined;
  /** Why the choice cannot be used. */
  error?: CliError | undefined;
  /** For `explain`. */
  note?: string | undefined;
}

type Choice = Candidate & { name: string };

export interface Active {
  name: string;
  source: Source;
  /** Undefined when no context of that name is stored, and when there is an error. */
  context: Context | undefined;
  /** Why the environment's credential, or the entry of that name, cannot be used. */
  error?: CliError | undefined;
  project: Project | undefined;
  /** Whether `bentocloud shell` chose it, for this shell. */
  isShell: boolean;
  /** The stored ones, which could be made current instead. */
  others: readonly Context[];
}

export interface Inputs {
  flag: string | undefined;
  env: Environment;
  cwd: () => string;
  /** Path of the shared file. */
  file: () => string;
  read: () => Promise<ContextsFile>;
  warn: (message: string) => void;
}

/** An invalid credential is still active, so that only the commands that use it fail. */
export async function resolveActive(inputs: Inputs): Promise<Active> {
  const { cwd, warn, read, file } = inputs;
  const project = findProject(cwd, warn);
  const { name, source, credential, error } = await resolveLayers<Choice>({
    overrides: listOverrides(inputs).find(isChoice),
    project: [project && fromProject(project)].find(isChoice),
    user: async () => fromUser(await read(), file()),
  });
  if (source.kind === "env_key")
    return { name, source, context: credential, error, project, isShell: false, others: [] };
  const stored = await read();
  const problem = problemWith(stored, source.kind === "user" ? null : name);
  return {
    name,
    source,
    context: problem ? undefined : findContext(stored.contexts, name),
    error: problem && problemError(problem, file()),
    project,
    isShell: source.kind === "env_context" && inputs.env[SHELL_VARIABLE] === name,
    others: stored.contexts,
  };
}

function isChoice(candidate: Candidate | undefined): candidate is Choice {
  return candidate?.name !== undefined;
}

/** The option and the variables, by precedence. */
export function listOverrides({ flag, env }: Pick<Inputs, "flag" | "env">): Candidate[] {
  const note = flag === undefined ? "not given" : undefined;
  return [{ source: sourceOf("flag", "--context"), name: flag, note }, fromKey(env), fromVariable(env)];
}

function fromKey(env: Environment): Candidate {
  const source = sourceOf("env_key", keyVariable(env));
  const hasEndpoint = variable(env, "BENTO_CLOUD_API_ENDPOINT") !== undefined;
  try {
    const credential = environmentCredential(env);
    const alone = hasEndpoint ? "; BENTO_CLOUD_API_ENDPOINT alone chooses nothing" : "";
    if (!credential) return { source, note: whyAbsent(env, source.name) + alone };
    const note = `with ${hasEndpoint ? "BENTO_CLOUD_API_ENDPOINT" : "the default endpoint"}`;
    return { source, name: ENVIRONMENT_NAME, credential, note };
  } catch (error) {
    const expected = requireCliError(error);
    return { source, name: ENVIRONMENT_NAME, error: expected, note: expected.message };
  }
}

function fromVariable(env: Environment): Candidate {
  const source = sourceOf("env_context", "BENTOML_CLOUD_CONTEXT");
  const name = variable(env, source.name);
  return { source, name, note: name === undefined ? whyAbsent(env, source.name) : undefined };
}

function whyAbsent(env: Environment, name: string): string {
  return isSetButEmpty(env, name) ? "set but empty" : "not set";
}

export function fromProject({ context, path, lines }: Project): Candidate {
  const source = { ...sourceOf("project", "context"), path, line: lines.context ?? null };
  return { source, name: context, note: context === undefined ? "names no context" : undefined };
}

export function fromUser({ current: { name, line } }: ContextsFile, path: string): Choice {
  const source = { ...sourceOf("user", "current_context_name"), path, line };
  return { source, name, note: line === null ? "not set" : undefined };
}

export function sourceOf(kind: Source["kind"], name: string): Source {
  return { kind, name, path: null, line: null };
}

/** The source as text for people. */
export function describeSource({ kind, name, path, line }: Source): string {
  if (path === null) return name;
  if (kind === "user")
    return line === null ? "no current context is set" : `current context (${path}:${line})`;
  return line === null ? path : `${path}:${line}`;
}
