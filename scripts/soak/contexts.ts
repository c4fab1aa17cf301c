import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Home } from "../../test/support/home.ts";

/** Names with their tokens. */
export type Contexts = ReadonlyMap<string, string>;

/** What stands in the file, read by neither of the programs that are being watched. */
export function contextsIn(home: Home): Contexts {
  const document = parse(readFileSync(home.file, "utf8"), { schema: "failsafe" }) as {
    contexts: { name: string; api_token: string }[];
  };
  // Of two with one name, which Python can leave, the first counts for both programs.
  return new Map(document.contexts.toReversed().map(({ name, api_token }) => [name, api_token]));
}

/** Those of one writer, whose names all begin with its own. */
export function contextsOf(all: Contexts, owner: string): Contexts {
  return new Map([...all].filter(([name]) => name.startsWith(`${owner}-`)));
}

export function isSame(a: Contexts, b: Contexts): boolean {
  return a.size === b.size && missingFrom(b, a).length === 0;
}

/** The names of `wanted` that `found` lacks, or has with another token. */
export function missingFrom(found: Contexts, wanted: Contexts): string[] {
  return [...wanted].filter(([name, token]) => found.get(name) !== token).map(([name]) => name);
}
