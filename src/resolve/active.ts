import { type Context, findContext } from "../contexts/context.ts";
import { environmentCredential, variable } from "./environment.ts";
import type { CliError } from "../errors.ts";
import { type ContextsFile, problemError, problemWith } from "../yaml/read.ts";
import type { Environment } from "../store/home.ts";
import { chooseLayer } from "./layers.ts";
import { findProject, type Project } from "./bentorc.ts";

/**
 * Which context is active here. First match wins: `--context`, the credential in `BENTO_CLOUD_API_KEY`,
 * `BENTOML_CLOUD_CONTEXT`, the nearest `.bentorc`, `current_context_name`. The answer always says where it came from.
 */
export interface Source {
  kind: "flag" | "env_key" | "env_context" | "project" | "user";
  /** The option, variable or key that chose. */
  name: string;
  path: string | null;
  line: number | null;
}

export interface Choice {
  name: string;
  source: Source;
  /** The environment's credential is a context of its own; every other choice is the name of a stored one. */
  credential?: Context;
}

export interface Active {
  name: string;
  source: Source;
  /** Undefined when the chosen name is stored nowhere. */
  context: Context | undefined;
  /** Why it cannot be read, although it stands in the file. */
  error?: CliError | undefined;
  project: Project | undefined;
  /** Whether contexts are stored that could be made current instead. */
  hasOthers: boolean;
}

/** What resolution looks at. */
export interface Surroundings {
  flag: string | undefined;
  env: Environment;
  cwd: () => string;
  /** Path of the shared file, for the source of an answer. */
  file: () => string;
  read: () => Promise<ContextsFile>;
  warn: (message: string) => void;
}

export async function resolveActive(surroundings: Surroundings): Promise<Active> {
  const { choice, project } = await choose(surroundings);
  const { name, source, credential } = choice;
  if (credential) return { name, source, context: credential, project, hasOthers: true };
  const file = await surroundings.read();
  const problem = problemWith(file, source.kind === "user" ? null : name);
  const context = problem ? undefined : findContext(file.contexts, name);
  const error = problem && problemError(problem, surroundings.file());
  return { name, source, context, error, project, hasOthers: file.contexts.length > 0 };
}

/** The first of all choices, whether or not what it names is stored. */
export async function choose(
  surroundings: Surroundings,
): Promise<{ choice: Choice; project: Project | undefined }> {
  const { flag, env, cwd, read, file, warn } = surroundings;
  const project = findProject(cwd(), warn);
  const choice = await chooseLayer(
    {
      overrides: fromFlag(flag) ?? fromKey(env) ?? fromVariable(env),
      project: project && fromProject(project),
      user: async () => fromUser(await read(), file()),
    },
    cwd(),
  );
  return { choice, project };
}

export function fromFlag(flag: string | undefined): Choice | undefined {
  return flag === undefined ? undefined : { name: flag, source: unplaced("flag") };
}

export function fromKey(env: Environment): Choice | undefined {
  const credential = environmentCredential(env);
  return credential && { name: credential.name, source: unplaced("env_key"), credential };
}

export function fromVariable(env: Environment): Choice | undefined {
  const name = variable(env, "BENTOML_CLOUD_CONTEXT");
  return name === undefined ? undefined : { name, source: unplaced("env_context") };
}

const NAMES = {
  flag: "--context",
  env_key: "BENTO_CLOUD_API_KEY",
  env_context: "BENTOML_CLOUD_CONTEXT",
} as const;

/** A source that stands in no file. */
export function unplaced(kind: keyof typeof NAMES): Source {
  return { kind, name: NAMES[kind], path: null, line: null };
}

export function fromProject(project: Project): Choice | undefined {
  if (project.context === undefined) return undefined;
  const line = project.lines.context ?? null;
  return { name: project.context, source: { kind: "project", name: "context", path: project.path, line } };
}

export function fromUser(file: ContextsFile, path: string): Choice {
  const { name, line } = file.current;
  return { name, source: { kind: "user", name: "current_context_name", path, line } };
}

/** Where an answer came from, for people. */
export function describeSource({ kind, name, path, line }: Source): string {
  if (path === null) return name;
  if (kind === "user")
    return line === null ? "no current context is set" : `current context (${path}:${line})`;
  return line === null ? path : `${path}:${line}`;
}
