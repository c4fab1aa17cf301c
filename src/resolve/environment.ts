import { CliError, usageError } from "../errors.ts";
import { Context } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, parseEndpoint } from "../contexts/endpoint.ts";
import type { Environment } from "../store/home.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { parseToken } from "../contexts/token.ts";

const VARIABLES = [
  "BENTO_CLOUD_API_KEY",
  "BENTO_CLOUD_API_ENDPOINT",
  "BENTOML_CLOUD_CONTEXT",
  "BENTOML_HOME",
];

/** A variable's value; one that is set but empty (or blank) counts as unset. */
export function variable(env: Environment, name: string): string | undefined {
  return env[name]?.trim() ? env[name] : undefined;
}

/** Python counts such a variable as set. */
export function isSetButEmpty(env: Environment, name: string): boolean {
  return env[name] !== undefined && variable(env, name) === undefined;
}

/** Python bentoml may behave differently because of such a variable, so it is reported. */
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

/**
 * The environment's own login: key and endpoint come from there together, or not at all.
 *
 * @throws CliError that names the variable.
 */
export function environmentCredential(env: Environment): Context | undefined {
  const key = variable(env, "BENTO_CLOUD_API_KEY");
  if (key === undefined) return undefined;
  return new Context({
    name: ENVIRONMENT_NAME,
    endpoint: environmentEndpoint(env) ?? DEFAULT_ENDPOINT,
    email: null,
    apiToken: parseToken(key, "BENTO_CLOUD_API_KEY").reveal(),
    line: null,
  });
}
