import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Home } from "../../test/support/home.ts";

/** Tokens by the names of their contexts. */
export type Contexts = ReadonlyMap<string, string>;

/** Reads the file with a parser that neither of the two programs uses. */
export function contextsIn(home: Home): Contexts {
  const document = parse(readFileSync(home.file, "utf8"), { schema: "failsafe" }) as {
    contexts: { name: string; api_token: string }[];
  };
  // Python can leave two contexts with one name. Both programs use the first.
  return new Map(document.contexts.toReversed().map(({ name, api_token }) => [name, api_token]));
}

/** The contexts of one writer: their names begin with its own. */
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
