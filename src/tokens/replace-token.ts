import type { ContextsFile } from "../yaml/read.ts";
import { Context, firstOfEachName, tokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { remember, type Sighting } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { Outcome } from "../store/tools.ts";
import type { Token } from "../contexts/token.ts";

interface Replacement {
  endpoint: string;
  from: Token;
  to: Token;
  /** Whose the new token is. */
  identity: Omit<Sighting, "context">;
}

/** The contexts of that endpoint that have this token. */
export function contextsUsing(
  { contexts }: ContextsFile,
  { endpoint, token }: { endpoint: string; token: Token },
): Context[] {
  return [...firstOfEachName(contexts).values()].filter(
    (context) => tokenOf(context)?.reveal() === token.reveal() && isSameEndpoint(context.endpoint, endpoint),
  );
}

/** Replaces one token by another in every context that has it, in one write. */
export async function replaceToken(
  store: Store,
  { endpoint, from, to, identity }: Replacement,
): Promise<Outcome> {
  return store.update((file, state) => {
    const using = contextsUsing(file, { endpoint, token: from });
    // A process that died after it wrote the contexts file may not have written down whose its new token is.
    const seen = [...using, ...contextsUsing(file, { endpoint, token: to })].map(
      ({ name, endpoint, email }) => ({
        ...identity,
        context: new Context({ name, endpoint: endpoint.reveal(), email, apiToken: to.reveal(), line: null }),
      }),
    );
    return {
      changes: using.map(({ name, endpoint, email }) => ({
        kind: "put",
        name,
        endpoint: endpoint.reveal(),
        token: to,
        email,
      })),
      state: seen.reduce(remember, state),
    };
  });
}
