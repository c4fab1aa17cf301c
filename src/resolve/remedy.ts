import { isSameEndpoint, StoredEndpointError, tokensPage } from "../contexts/endpoint.ts";
import { CliError, type ErrorCode } from "../errors.ts";
import type { Environment } from "../system/runtime.ts";
import { quoteWord } from "../system/text.ts";
import type { Active } from "./active.ts";
import { environmentEndpoint, KEY_FILE, keyVariable, variable } from "./environment.ts";
import { loginCommand } from "./require.ts";

/**
 * The one place that knows what repairs a failure of the active context: the code of the error says what is wrong, and
 * the source of the context says where. An error that brings its own hint keeps it.
 */
export function withRemedy(error: CliError, active: Active, env: Environment): CliError {
  if (error.hint !== undefined) return error;
  // Python's verbs exit 1 for whatever failed.
  const code = error.code === "FAILURE" && error.cause instanceof CliError ? error.cause.code : error.code;
  const isUnusable = error instanceof StoredEndpointError;
  const hint = isUnusable ? changeEndpoint(active, env) : remedyFor(code, active, env);
  return hint === undefined ? error : new CliError(error.code, error.message, { hint, cause: error });
}

function remedyFor(code: ErrorCode, active: Active, env: Environment): string | undefined {
  const isEnvironment = active.source.kind === "env_key";
  switch (code) {
    case "TOKEN_REJECTED":
    case "TOKEN_EXPIRED":
      return isEnvironment ? replaceKey(active, env) : makeToken(active, env);
    case "NOT_LOGGED_IN":
      return loginAgain(active, env);
    case "PIN_MISMATCH":
      return `if that is right, sign in once more: ${loginAgain(active, env)}`;
    case "HOST_MISMATCH":
      return `if the server moved, ${isEnvironment ? SET_ENDPOINT : changeEndpoint(active, env)}`;
    case "NOT_BENTOCLOUD":
      return (
        "a proxy or a sign-in page of the network may stand in between; if the endpoint is wrong, " +
        (isEnvironment ? SET_ENDPOINT : changeEndpoint(active, env))
      );
    default:
      return undefined;
  }
}

/** For a sign-in, whose token was just given, or comes from this variable. */
export function withLoginRemedy(error: CliError, endpoint: string, variable?: string): CliError {
  const hint = error.hint ?? loginRemedyFor(error.code, endpoint, variable);
  return hint === undefined ? error : new CliError(error.code, error.message, { hint, cause: error });
}

function loginRemedyFor(code: ErrorCode, endpoint: string, variable?: string): string | undefined {
  switch (code) {
    case "TOKEN_REJECTED":
    case "TOKEN_EXPIRED": {
      const where = `make another API token at ${tokensPage(endpoint)}`;
      return variable === undefined ? where : `${variable} holds this token: ${where}, or unset ${variable}`;
    }
    case "HOST_MISMATCH":
      return "if the server moved, give its new address as --endpoint";
    case "NOT_BENTOCLOUD":
      return "check --endpoint; a proxy or a sign-in page of the network may stand in between";
    default:
      return undefined;
  }
}

const SET_ENDPOINT = "set BENTO_CLOUD_API_ENDPOINT to the right address";

function replaceKey({ source }: Active, env: Environment): string {
  if (source.name !== KEY_FILE) return `${source.name} holds this token: replace it, or unset it`;
  return `${variable(env, KEY_FILE)}, which ${KEY_FILE} names, holds this token: replace it there, or unset ${KEY_FILE}`;
}

function makeToken(active: Active, env: Environment): string {
  const command = loginAgain(active, env);
  const page = active.context && tokensPage(active.context.endpoint);
  return page === undefined ? command : `make an API token at ${page} and sign in with it: ${command}`;
}

/** A server at another address is another login, which replaces this one only by force. */
function changeEndpoint(active: Active, env: Environment): string {
  return signIn(active, env, "--force --endpoint URL");
}

/** The command that gives the active context a new login. */
export function loginAgain(active: Active, env: Environment): string {
  const endpoint = active.context?.endpoint.masked ?? "";
  const isOther = endpoint !== "" && hasOtherEndpoint(env, endpoint);
  return signIn(active, env, isOther && `--endpoint ${quoteWord(endpoint)}`);
}

/**
 * Signs in to the stored context that is active, and to no other: `login` would take the token of the environment, and
 * would make a context current that was only chosen for this command, shell or project.
 */
function signIn({ name, source }: Active, env: Environment, where: string | false): string {
  const hasKey = variable(env, keyVariable(env)) !== undefined;
  const words = [loginCommand(name), source.kind !== "user" && "--no-use", hasKey && "--with-token", where];
  return words.filter((word) => word !== false).join(" ");
}

/** `login` prefers the endpoint of the environment to the one that is stored. */
function hasOtherEndpoint(env: Environment, endpoint: string): boolean {
  try {
    const other = environmentEndpoint(env);
    return other !== undefined && !isSameEndpoint(other, endpoint);
  } catch {
    return true;
  }
}
