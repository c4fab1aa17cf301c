import type { ContextsFile } from "../yaml/read.ts";
import { holdsToken } from "../auth/holds-token.ts";
import { changeStores } from "../auth/change-stores.ts";
import { requireRecord } from "../auth/read-token.ts";
import {
  type Context,
  firstOfEachName,
  isKeptElsewhere,
  referenceOf,
  withToken,
} from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { putContext } from "../store/losses.ts";
import { remember, type Sighting } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { Cli } from "../app.ts";
import type { Token } from "../contexts/token.ts";

interface Replacement {
  endpoint: string;
  from: Token;
  to: Token;
  identity: Omit<Sighting, "context">;
  /** The reference of a context whose command prints the new token. */
  printedAs: string | null;
}

interface Use {
  endpoint: string;
  token: Token;
  /** The reference of a context whose command prints this token. */
  printedAs?: string | null | undefined;
}

/** The contexts of that endpoint that have this token, wherever it is kept. Runs no command. */
export function contextsUsing(
  { paths }: Pick<Store, "paths">,
  { contexts }: ContextsFile,
  { endpoint, token, printedAs }: Use,
): Context[] {
  const holds = holdsToken(paths, token);
  const uses = (context: Context) => holds(context) || (printedAs && referenceOf(context) === printedAs);
  return [...firstOfEachName(contexts).values()].filter(
    (context) => uses(context) && isSameEndpoint(context.endpoint, endpoint),
  );
}

/** Replaces one token by another in every context that has it, in one write, each where the old one was kept. */
export async function replaceToken(cli: Cli, replacement: Replacement): Promise<void> {
  const { endpoint, from, to } = replacement;
  const { store } = cli;
  const using = contextsUsing(store, await store.read(), { endpoint, token: from });
  const kept = using.filter(isKeptElsewhere);
  if (kept.length === 0) return void (await replaceTexts(cli, replacement, new Map()));
  const add = await Promise.all(
    kept.map(async (context) => {
      const { place } = await requireRecord(cli, context);
      return { context: context.name, endpoint, place, token: to, replaced: to };
    }),
  );
  const leave = kept.flatMap((context) => referenceOf(context) ?? []);
  await changeStores(cli, { add, leave }, (references) =>
    replaceTexts(cli, replacement, new Map(kept.map(({ name }, index) => [name, references[index]!]))),
  );
}

/** `references` are for the contexts whose token is kept elsewhere; the others get the token itself. */
function replaceTexts(
  { store }: Cli,
  { endpoint, from, to, identity, printedAs }: Replacement,
  references: ReadonlyMap<string, Token>,
) {
  return store.update((file, state) => {
    const using = contextsUsing(store, file, { endpoint, token: from }).flatMap((context) => {
      const text = references.get(context.name) ?? (isKeptElsewhere(context) ? undefined : to);
      return text ? [withToken(context, text)] : [];
    });
    // A process that died after it wrote the contexts file may not have written down whose its new token is.
    const done = contextsUsing(store, file, { endpoint, token: to, printedAs });
    const seen = [...using, ...done].map((context) => ({ ...identity, context }));
    return { changes: using.map(putContext), state: seen.reduce(remember, state) };
  });
}
