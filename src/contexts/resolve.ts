import { CliError } from "../errors.ts";
import { cap } from "../system/text.ts";
import { type Context, tokenOf } from "./context.ts";
import { environmentCredential, variable } from "./environment.ts";
import type { ContextsFile } from "./file/read.ts";
import type { Environment } from "./home.ts";
import { chooseLayer } from "./layers.ts";
import { canName, ENVIRONMENT_NAME, parseName } from "./name.ts";
import { findProject, type Project } from "./project.ts";
import type { Token } from "./token.ts";

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
  project: Project | undefined;
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

/** A project's file may hold 64 KiB in one value. */
const MAX_SHOWN = 256;

export async function resolveActive(surroundings: Surroundings): Promise<Active> {
  const { flag, env, cwd, read, warn } = surroundings;
  const project = findProject(cwd(), warn);
  const choice = await chooseLayer(
    {
      overrides: fromFlag(flag) ?? fromEnvironment(env),
      project: project && fromProject(project),
      user: async () => fromUser(await read(), surroundings.file()),
    },
    cwd(),
  );
  const context = choice.credential ?? (await findContext(choice.name, read));
  return { name: choice.name, source: choice.source, context, project };
}

function fromFlag(flag: string | undefined): Choice | undefined {
  if (flag === undefined) return undefined;
  return { name: flag, source: { kind: "flag", name: "--context", path: null, line: null } };
}

function fromEnvironment(env: Environment): Choice | undefined {
  const source = { path: null, line: null };
  const credential = environmentCredential(env);
  if (credential) {
    return {
      name: credential.name,
      source: { kind: "env_key", name: "BENTO_CLOUD_API_KEY", ...source },
      credential,
    };
  }
  const name = variable(env, "BENTOML_CLOUD_CONTEXT");
  return name === undefined
    ? undefined
    : { name, source: { kind: "env_context", name: "BENTOML_CLOUD_CONTEXT", ...source } };
}

function fromProject(project: Project): Choice | undefined {
  if (project.context === undefined) return undefined;
  const line = project.lines.context ?? null;
  return { name: project.context, source: { kind: "project", name: "context", path: project.path, line } };
}

function fromUser(file: ContextsFile, path: string): Choice {
  const { name, line } = file.current;
  return { name, source: { kind: "user", name: "current_context_name", path, line } };
}

async function findContext(name: string, read: () => Promise<ContextsFile>): Promise<Context | undefined> {
  const { contexts } = await read();
  return contexts.find((context) => context.name === name);
}

/** The active context, or the error that says what was looked for, where it was asked for, and what to run. */
export function requireContext(active: Active): Context {
  const { context, name, source } = active;
  if (context) return context;
  const shown = cap(name, MAX_SHOWN);
  switch (source.kind) {
    case "flag":
      throw noSuchContext(name);
    case "env_context":
      throw new CliError("NOT_FOUND", `there is no context "${name}", which BENTOML_CLOUD_CONTEXT names`, {
        hint: "`bentocloud context list` shows the contexts",
      });
    case "project":
      throw new CliError("NOT_LOGGED_IN", `you have no context "${shown}", which ${source.path} asks for`, {
        hint: canName(name)
          ? loginCommand(name)
          : `correct it in ${source.path}: no login can have that name`,
      });
    default:
      throw new CliError("NOT_LOGGED_IN", `not logged in: there is no context "${name}"`, {
        hint: "bentocloud login",
      });
  }
}

export function noSuchContext(name: string): CliError {
  return new CliError("NOT_FOUND", `there is no context "${name}"`, {
    hint: "`bentocloud context list` shows the contexts",
  });
}

/** The context's token, or the error for an entry without one. */
export function requireToken(context: Context): Token {
  const token = tokenOf(context);
  if (token) return token;
  throw new CliError("NOT_LOGGED_IN", `the context "${context.name}" has no API token`, {
    hint: loginCommand(context.name),
  });
}

function loginCommand(name: string): string {
  // A word that begins with a dash would be read as the next option.
  return `bentocloud login --context${name.startsWith("-") ? "=" : " "}${quoteWord(name)}`;
}

/** A name as one word of a shell command a person may copy. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

interface NameSources {
  flag: string | undefined;
  env: Environment;
  project: Project | undefined;
  file: ContextsFile;
}

/** The stored context that is meant here, whatever credential the environment holds. */
export function storedChoice({ flag, env, project, file }: NameSources): string {
  return flag ?? variable(env, "BENTOML_CLOUD_CONTEXT") ?? project?.context ?? file.current.name;
}

/** The name `login` saves under; an existing context keeps its name, whatever it is. */
export function chooseLoginName(sources: NameSources): string {
  const chosen = storedChoice(sources);
  // Python writes `__env__` as the current name when it is told to switch while the environment has a key.
  const name = chosen === ENVIRONMENT_NAME && sources.flag === undefined ? "default" : chosen;
  const exists = name !== ENVIRONMENT_NAME && sources.file.contexts.some((context) => context.name === name);
  return exists ? name : parseName(name);
}

/** Where an answer came from, for people. */
export function describeSource({ kind, name, path, line }: Source): string {
  if (path === null) return name;
  if (kind === "user")
    return line === null ? "no current context is set" : `current context (${path}:${line})`;
  return line === null ? path : `${path}:${line}`;
}
