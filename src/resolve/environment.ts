import { CliError, usageError } from "../errors.ts";
import { Context } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, parseEndpoint } from "../contexts/endpoint.ts";
import type { Environment } from "../system/runtime.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { parseToken, type Token } from "../contexts/token.ts";
import { readRegularFile } from "../system/read-file.ts";
import { requireExactPath } from "../system/runtime.ts";
import { storageError } from "../system/storage-error.ts";

const KEY = "BENTO_CLOUD_API_KEY";

/** The context of the shell that `shell` opened, for nested ones and for prompts. */
export const SHELL_VARIABLE = "BENTOCLOUD_SHELL";
/** The path of a file with the key, such as a secret mounted into a container. Python bentoml ignores this variable. */
export const KEY_FILE = "BENTO_CLOUD_API_KEY_FILE";

const VARIABLES = [KEY, KEY_FILE, "BENTO_CLOUD_API_ENDPOINT", "BENTOML_CLOUD_CONTEXT", "BENTOML_HOME"];

/** A variable's value. An empty or blank value counts as unset. */
export function variable(env: Environment, name: string): string | undefined {
  return env[name]?.trim() ? env[name] : undefined;
}

/** Python bentoml treats such a variable as set. */
export function isSetButEmpty(env: Environment, name: string): boolean {
  return env[name] !== undefined && variable(env, name) === undefined;
}

/** Warns because Python bentoml treats an empty variable as set and may choose another login. */
export function warnOfEmptyVariables(env: Environment, warn: (message: string) => void): void {
  for (const name of VARIABLES) if (isSetButEmpty(env, name)) warn(`${name} is set but empty; ignored`);
}

/** @throws CliError that names the variable. */
export function environmentEndpoint(env: Environment): string | undefined {
  const text = variable(env, "BENTO_CLOUD_API_ENDPOINT");
  try {
    return text === undefined ? undefined : parseEndpoint(text);
  } catch (error) {
    throw error instanceof CliError
      ? usageError(`BENTO_CLOUD_API_ENDPOINT: ${error.message}`, error.hint)
      : error;
  }
}

const LARGEST_KEY = 64 * 1024;

/** The variable that supplies the key. */
export function keyVariable(env: Environment): string {
  return variable(env, KEY) === undefined && variable(env, KEY_FILE) !== undefined ? KEY_FILE : KEY;
}

/**
 * The API token of the environment. The file may be a link and belong to any user, as mounted secrets do.
 *
 * @throws CliError that names the variable.
 */
export function environmentToken(env: Environment): Token | undefined {
  const key = variable(env, KEY);
  const path = variable(env, KEY_FILE);
  if (path === undefined) return key === undefined ? undefined : parseToken(key, KEY);
  if (key !== undefined) throw usageError(`${KEY} and ${KEY_FILE} are both set`, "unset one of them");
  return parseToken(readKey(path), `${KEY_FILE} (${path})`);
}

function readKey(path: string): string {
  let bytes: Buffer | undefined;
  try {
    bytes = readRegularFile(requireExactPath(path, `the path in ${KEY_FILE}`), { limit: LARGEST_KEY })?.bytes;
  } catch (error) {
    throw storageError("read", `the file of ${KEY_FILE}, ${path}`, error);
  }
  if (bytes) return new TextDecoder().decode(bytes);
  throw new CliError("STORAGE", `${KEY_FILE} names ${path}, which does not exist`);
}

/**
 * The login in the environment. Its key and endpoint are never combined with those of another source.
 *
 * @throws CliError that names the variable.
 */
export function environmentCredential(env: Environment): Context | undefined {
  const token = environmentToken(env);
  if (!token) return undefined;
  const endpoint = environmentEndpoint(env) ?? DEFAULT_ENDPOINT;
  return new Context({ name: ENVIRONMENT_NAME, endpoint, email: null, apiToken: token.reveal(), line: null });
}
