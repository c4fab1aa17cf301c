import type { Environment } from "../store/home.ts";
import { CliError } from "../errors.ts";
import type { Session } from "./session.ts";

/** The two variables that Python bentoml and this program read a login from; they belong together. */
export const PAIR = ["BENTO_CLOUD_API_KEY", "BENTO_CLOUD_API_ENDPOINT"] as const;

export type Pair = Record<(typeof PAIR)[number], string>;

export function pairOf({ context, token }: Session): Pair {
  const pair = { BENTO_CLOUD_API_KEY: token.reveal(), BENTO_CLOUD_API_ENDPOINT: context.endpoint };
  // YAML can hold one, and the system would cut the value there.
  if (Object.values(pair).some((value) => value.includes("\0")))
    throw new CliError(
      "FAILURE",
      `the context "${context.name}" has a NUL character, which no variable can hold`,
      {
        hint: "sign in again with `bentocloud login`",
      },
    );
  return pair;
}

/** The environment with exactly this login in it: whatever else could choose one is taken out. */
export function environmentWith(env: Environment, pair: Pair): Record<string, string> {
  const inherited = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !choosesLogin(entry[0]),
  );
  return { ...Object.fromEntries(inherited), ...pair };
}

/** Windows does not tell the case of a variable's name. */
function choosesLogin(name: string): boolean {
  const upper = name.toUpperCase();
  return upper.startsWith("BENTO_CLOUD_") || upper === "BENTOML_CLOUD_CONTEXT";
}

/** What stands in a text where its bytes were no UTF-8. */
const LOST = "\ufffd";

/** @throws CliError for an argument that this process was given in other bytes than it could pass on. */
export function refuseLostBytes(words: readonly string[]): void {
  if (!words.some((word) => word.includes(LOST))) return;
  throw new CliError("USAGE", "an argument is not UTF-8 text, and would reach the program changed", {
    hint: "run the program in a shell that `bentocloud env` has prepared",
  });
}

/** The variables of which that is true. */
export function namesOfLostBytes(env: Environment): string[] {
  return Object.keys(env).filter((name) => `${name}${env[name]}`.includes(LOST));
}
