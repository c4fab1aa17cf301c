import { CliError } from "../errors.ts";
import { Context, tokenOf } from "./context.ts";
import { DEFAULT_ENDPOINT, isSameEndpoint, parseEndpoint } from "./endpoint.ts";
import type { ContextsFile } from "./file/read.ts";
import type { Environment } from "./home.ts";
import { chooseLayer } from "./layers.ts";
import { canName, ENVIRONMENT_NAME, parseName } from "./name.ts";
import { findProject, type Project } from "./project.ts";
import { parseToken, type Token } from "./token.ts";
import { cap } from "../system/text.ts";

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
  file: string;
  read: () => Promise<ContextsFile>;
  warn: (message: string) => void;
}

/** A project's file may hold 64 KiB in one value. */
const MAX_SHOWN = 256;

const VARIABLES = [
  "BENTO_CLOUD_API_KEY",
  "BENTO_CLOUD_API_ENDPOINT",
  "BENTOML_CLOUD_CONTEXT",
  "BENTOML_HOME",
];

export async function resolveActive(surroundings: Surroundings): Promise<Active> {
  const { flag, env, cwd, read, warn } = surroundings;
  warnOfEmptyVariables(env, warn);
  const project = findProject(cwd(), warn);
  const choice = await chooseLayer(
    {
      overrides: fromFlag(flag) ?? fromEnvironment(env),
      project: project && fromProject(project),
      user: async () => fromUser(await read(), surroundings.file),
    },
    cwd(),
  );
  const context = choice.credential ?? (await findContext(choice.name, read));
  return { name: choice.name, source: choice.source, context, project };
}

/** A variable's value; one that is set but empty (or blank) counts as unset. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}

/** Python counts a variable that is set but empty as set, so whoever has one should know. */
function warnOfEmptyVariables(env: Environment, warn: (message: string) => void): void {
  for (const name of VARIABLES) {
    if (env[name] !== undefined && variable(env, name) === undefined)
      warn(`${name} is set but empty; ignored`);
  }
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

/** The environment's own login: key and endpoint come from there together, or not at all. */
export function environmentCredential(env: Environment): Context | undefined {
  const key = variable(env, "BENTO_CLOUD_API_KEY");
  if (key === undefined) return undefined;
  return new Context({
    name: ENVIRONMENT_NAME,
    endpoint: parseEndpoint(variable(env, "BENTO_CLOUD_API_ENDPOINT") ?? DEFAULT_ENDPOINT),
    email: null,
    apiToken: parseToken(key, "BENTO_CLOUD_API_KEY").reveal(),
    line: null,
  });
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

/** Holds the chosen context against the project's `endpoint` pin. */
export function checkEndpointPin(active: Active, context: Context): void {
  const pinned = active.project?.endpoint;
  if (pinned === undefined || isSameEndpoint(pinned, context.endpoint)) return;
  throw pinMismatch(active, { what: "endpoint", pinned, actual: context.endpoint });
}

export function pinMismatch(
  active: Active,
  { what, pinned, actual }: { what: "endpoint" | "organization"; pinned: string; actual: string },
): CliError {
  return new CliError(
    "PIN_MISMATCH",
    `${active.project?.path}:${active.project?.lines[what]} pins the ${what} "${cap(pinned, MAX_SHOWN)}", but the context ` +
      `"${active.name}" (from ${active.source.name}) has "${actual}"`,
    { hint: "choose another context with --context or `bentocloud use`, or correct the pin" },
  );
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
  const place = line === null ? path : `${path}:${line}`;
  return kind === "user" ? `current context (${place})` : place;
}
