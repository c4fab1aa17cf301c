import { basename, dirname, join, resolve } from "node:path";
import { CliError } from "../errors.ts";
import { inspect, realTarget } from "../system/files.ts";
import { homeDirectory, requireExactPath } from "../system/runtime.ts";

export interface Paths {
  /** The contexts file shared with Python bentoml. */
  file: string;
  /** Our own directory beside it: metadata, previous context, backups, lock. */
  own: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the shared file stands, by Python bentoml's rules: `$BENTOML_HOME`, expanded until nothing changes, else
 * `~/bentoml`. An empty `BENTOML_HOME` counts as unset here, while Python takes it for the working directory.
 */
export function locateHome(env: Environment, cwd: () => string): Paths {
  const given = env["BENTOML_HOME"];
  return pathsBelow(given?.trim() ? expand(given, env) : defaultHome(env), cwd);
}

/** Where Python bentoml itself looks. */
export function locatePythonHome(env: Environment, cwd: () => string): Paths {
  const given = env["BENTOML_HOME"];
  return pathsBelow(given === undefined ? defaultHome(env) : expand(given, env), cwd);
}

function defaultHome(env: Environment): string {
  return join(userHome(env), "bentoml");
}

const FILE = ".yatai.yaml";
const OWN = ".bentocloud";

/**
 * A contexts file that is a link to that of another home is that home's: what we remember of it stands there, so that
 * both homes know the same versions and protect the same contexts.
 */
function pathsBelow(home: string, cwd: () => string): Paths {
  const absolute = resolve(home.startsWith("/") ? "/" : cwd(), home);
  const file = requireExactPath(join(absolute, FILE), "the path of the contexts file");
  return { file, own: join(homeBehind(file) ?? absolute, OWN) };
}

/** Undefined for a link that leads to no home. One that cannot be followed is an error for whoever reads the file. */
function homeBehind(file: string): string | undefined {
  try {
    const target = inspect(file)?.isSymbolicLink() ? realTarget(file) : undefined;
    return target !== undefined && isHomeFile(target) ? dirname(target) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a contexts file stands in a home, by its name; a link can lead to any other file. */
export function isHomeFile(target: string): boolean {
  return basename(target) === FILE;
}

const MAX_EXPANSIONS = 32;
/** Longer than any path; without a limit, `$X$X` would double 32 times. */
const MAX_EXPANDED = 4096;

function expand(value: string, env: Environment): string {
  let current = value;
  for (let round = 0; round < MAX_EXPANSIONS; round += 1) {
    const next = expandUser(expandVariables(current, env), env);
    if (next === current) return current;
    current = next;
  }
  throw new CliError("STORAGE", "BENTOML_HOME refers to itself", {
    hint: "set BENTOML_HOME to an absolute path",
  });
}

/** As Python's `os.path.expandvars`: an undefined variable stays as it is written. */
function expandVariables(value: string, env: Environment): string {
  let left = MAX_EXPANDED;
  const take = (text: string) => {
    left -= text.length;
    if (left < 0) throw tooLong();
    return text;
  };
  if (value.length > MAX_EXPANDED) throw tooLong();
  return value.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (written, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? "";
    return take(Object.hasOwn(env, name) ? (env[name] ?? written) : written);
  });
}

function tooLong(): CliError {
  return new CliError("STORAGE", "BENTOML_HOME is longer than any path, with its variables replaced", {
    hint: "set BENTOML_HOME to an absolute path",
  });
}

function expandUser(value: string, env: Environment): string {
  const match = /^~([^/\\]*)/.exec(value);
  if (!match) return value;
  if (match[1]) {
    throw new CliError("STORAGE", `BENTOML_HOME names another user's home (~${match[1]})`, {
      hint: "set BENTOML_HOME to an absolute path",
    });
  }
  return userHome(env) + value.slice(1);
}

function userHome(env: Environment): string {
  try {
    return homeDirectory(env["HOME"]);
  } catch (error) {
    throw new CliError("STORAGE", "this user has no home directory", {
      hint: "set BENTOML_HOME to a directory for the contexts",
      cause: error,
    });
  }
}
