import { join } from "node:path";
import { CliError } from "../errors.ts";
import { type Paths, pathsBelow } from "../store/paths.ts";
import { type Environment, homeDirectory, platform } from "../system/runtime.ts";
import { expandVariables } from "./expand-variables.ts";

/**
 * The place of the shared file by Python bentoml's rules: `$BENTOML_HOME`, expanded until nothing changes, else
 * `~/bentoml`. An empty `BENTOML_HOME` counts as unset here, but means the working directory to Python.
 */
export function locateHome(env: Environment, cwd: () => string): Paths {
  const given = env["BENTOML_HOME"];
  return pathsBelow(given?.trim() ? expand(given, env) : defaultHome(env), cwd);
}

/** The place that Python bentoml itself uses. */
export function locatePythonHome(env: Environment, cwd: () => string): Paths {
  const given = env["BENTOML_HOME"];
  return pathsBelow(given === undefined ? defaultHome(env) : expand(given, env), cwd);
}

function defaultHome(env: Environment): string {
  return join(userHome(env), "bentoml");
}

const MAX_EXPANSIONS = 32;

function expand(value: string, env: Environment): string {
  let current = value;
  for (let round = 0; round < MAX_EXPANSIONS; round += 1) {
    const next = expandUser(expandVariables(current, env, platform()), env);
    if (next === current) return current;
    current = next;
  }
  throw new CliError("STORAGE", "BENTOML_HOME refers to itself", {
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
    return homeDirectory(env);
  } catch (error) {
    throw new CliError("STORAGE", "this user has no home directory", {
      hint: "set BENTOML_HOME to a directory for the contexts",
      cause: error,
    });
  }
}
