import type { Environment } from "../system/runtime.ts";
import { SHELL_VARIABLE } from "../resolve/environment.ts";
import { loginCommand } from "../resolve/require.ts";
import { CliError } from "../errors.ts";
import type { Session } from "./session.ts";

/** The two variables that Python bentoml and this program read a login from. Each is of no use without the other. */
export const CREDENTIAL_VARIABLES = ["BENTO_CLOUD_API_KEY", "BENTO_CLOUD_API_ENDPOINT"] as const;

export type CredentialEnvironment = Record<(typeof CREDENTIAL_VARIABLES)[number], string>;

export function credentialEnvironment({ context, token }: Session): CredentialEnvironment {
  const variables = {
    BENTO_CLOUD_API_KEY: token.reveal(),
    BENTO_CLOUD_API_ENDPOINT: context.endpoint.reveal(),
  };
  // YAML can hold one, and the system would cut the value there.
  if (!Object.values(variables).some((value) => value.includes("\0"))) return variables;
  const { name } = context;
  throw new CliError("FAILURE", `the context "${name}" has a NUL character, which no variable can hold`, {
    hint: loginCommand(name),
  });
}

/**
 * The environment in which this stored context is the active one. It has no token.
 *
 * @throws CliError for a name that a variable cannot hold, or that would count as unset.
 */
export function pinContext(env: Environment, name: string): Record<string, string> {
  if (name.trim() === "" || name.includes("\0") || !name.isWellFormed())
    throw new CliError("FAILURE", "a variable cannot hold the name of this context", {
      hint: "give it another name: `bentocloud context rename`",
    });
  return environmentWith(env, { BENTOML_CLOUD_CONTEXT: name, [SHELL_VARIABLE]: name });
}

/** The environment with this login and nothing else that could choose one. */
export function environmentWith(env: Environment, login: Record<string, string>): Record<string, string> {
  const inherited = definedVariables(env).filter(([name]) => !choosesLogin(name));
  return { ...Object.fromEntries(inherited), ...login };
}

/** The variables without those that are undefined, for a program that is started. */
export function definedVariables(env: Environment): [name: string, value: string][] {
  return Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

function choosesLogin(name: string): boolean {
  // Windows does not distinguish the case of variable names.
  const upper = name.toUpperCase();
  return upper.startsWith("BENTO_CLOUD_") || upper === "BENTOML_CLOUD_CONTEXT";
}

/** What the runtime puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/** @throws CliError for an argument whose bytes were lost before this program saw it. */
export function refuseLostBytes(
  argv: readonly string[],
  hint = "run the program in a shell that `bentocloud env` has prepared",
): void {
  if (!argv.some((word) => word.includes(REPLACEMENT))) return;
  throw new CliError(
    "USAGE",
    "an argument is not UTF-8 text, and the program would not receive it unchanged",
    { hint },
  );
}

/** The variables whose bytes were lost before this program saw them. */
export function variablesWithLostBytes(env: Environment): string[] {
  return Object.keys(env).filter((name) => `${name}${env[name]}`.includes(REPLACEMENT));
}
