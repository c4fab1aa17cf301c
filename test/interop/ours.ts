import { fieldsOf } from "../../src/yaml/change.ts";
import { editContexts, type Change } from "../../src/yaml/edit.ts";
import { type Problem, readContexts } from "../../src/yaml/read.ts";
import { Token } from "../../src/contexts/token.ts";
import { CliError } from "../../src/errors.ts";
import type { Fields } from "./peer.ts";

export interface Ours {
  contexts: Fields[];
  current: string;
  problems: Problem[];
}

/** Our reading of a file in Python's terms; `corrupt` when it is refused. Throws any other failure. */
export async function read(text: string): Promise<Ours | { corrupt: string }> {
  try {
    const { contexts, current, problems } = await readContexts(text);
    return {
      contexts: contexts
        .map(fieldsOf)
        .map(({ name, endpoint, api_token, email }) => [name, endpoint, api_token, email]),
      current: current.name,
      problems,
    };
  } catch (error) {
    if (error instanceof CliError && error.code === "CORRUPT") return { corrupt: error.message };
    throw error;
  }
}

/** The change that a login with these fields makes. */
export function put([name, endpoint, token, email]: Fields): Change {
  return { kind: "put", name, endpoint, token: new Token(token), email };
}

export async function write(
  text: string | undefined,
  contexts: readonly Fields[],
  current: string,
): Promise<string> {
  return (await editContexts(text, [...contexts.map(put), { kind: "use", name: current }])).text;
}
