import { DEFAULT_ENDPOINT, isSameEndpoint, StoredEndpointError, tokensPage } from "../contexts/endpoint.ts";
import { MissingContextError } from "../contexts/context.ts";
import { CliError, type ErrorCode, withHint } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { Environment } from "../system/runtime.ts";
import { quoteWord } from "../system/text.ts";
import type { Active } from "./active.ts";
import { environmentEndpoint, KEY_FILE, keyVariable, variable } from "./environment.ts";
import { explainMissing } from "./missing.ts";
import { loginCommand } from "./require.ts";

interface Place {
  /** Undefined if the command has not used it. */
  active: Active | undefined;
  env: Environment;
  store: () => Store;
}

/**
 * The one place that knows what repairs a failure of the active context: the code of the error says what is wrong, and
 * the source of the context says where. Any other error that brings its own hint keeps it.
 */
export async function withRemedy(error: CliError, { active, env, store }: Place): Promise<CliError> {
  // Python's verbs exit 1 for whatever failed.
  const failure = error.code === "FAILURE" && error.cause instanceof CliError ? error.cause : error;
  if (failure instanceof MissingContextError) {
    const explained = await explainMissing(failure, active, store());
    if (explained === failure) return error;
    return withHint(error, explained.hint, explained.message);
  }
  if (active === undefined) return error;
  const { code } = failure;
  const isUnusable = error instanceof StoredEndpointError;
  const own = error.hint ?? (isUnusable ? changeEndpoint(active, env) : remedyFor(code, active, env));
  return withHint(error, active.source.kind === "env_key" ? noteDefault(code, env, own) : own);
}

const ABOUT_SERVER = new Set<ErrorCode>([
  "TOKEN_REJECTED",
  "UNREACHABLE",
  "TIMEOUT",
  "TLS",
  "NOT_BENTOCLOUD",
]);

/** A key that is set without an endpoint may be one of another server. */
function noteDefault(code: ErrorCode, env: Environment, hint: string | undefined): string | undefined {
  if (!ABOUT_SERVER.has(code) || variable(env, "BENTO_CLOUD_API_ENDPOINT") !== undefined) return hint;
  const note = `BENTO_CLOUD_API_ENDPOINT is not set, so this asked ${DEFAULT_ENDPOINT}`;
  return hint === undefined ? note : `${note}; ${hint}`;
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

/** For a sign-in, whose token was just given, or comes from the variable of this name. */
export function withLoginRemedy(
  error: CliError,
  { endpoint, env, name }: { endpoint: string; env: Environment; name?: string | undefined },
): CliError {
  const own = error.hint ?? loginRemedyFor(error.code, endpoint, name);
  const isDefault = name !== undefined && endpoint === DEFAULT_ENDPOINT;
  return withHint(error, isDefault ? noteDefault(error.code, env, own) : own);
}

function loginRemedyFor(code: ErrorCode, endpoint: string, name: string | undefined): string | undefined {
  switch (code) {
    case "TOKEN_REJECTED":
    case "TOKEN_EXPIRED": {
      const where = `make another API token at ${tokensPage(endpoint)}`;
      return name === undefined ? where : `${name} holds this token: ${where}, or unset ${name}`;
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
