import type { ContextsFile } from "../yaml/read.ts";
import { Context, firstOfEachName, tokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { remember, toIdentity } from "./state.ts";
import type { Store } from "./store.ts";
import type { Outcome } from "./tools.ts";
import type { Token } from "../contexts/token.ts";

interface Swap {
  endpoint: string;
  from: Token;
  to: Token;
  /** What is known of the new one. */
  identity: { email: string | null; organization: string | null; uid: string; expires_at?: string | null };
  now: Date;
}

/** The contexts of that endpoint whose token it is. */
export function holding(
  { contexts }: ContextsFile,
  { endpoint, token }: { endpoint: string; token: Token },
): Context[] {
  return [...firstOfEachName(contexts).values()].filter(
    (context) => tokenOf(context)?.reveal() === token.reveal() && isSameEndpoint(context.endpoint, endpoint),
  );
}

/** Puts one token in the place of another wherever it stands, in one write. */
export async function swapToken(store: Store, { endpoint, from, to, identity, now }: Swap): Promise<Outcome> {
  return store.update((file, state) => {
    const held = holding(file, { endpoint, token: from });
    // Those that another process swapped, and died before it wrote down what it knew, are known now.
    const known = [...held, ...holding(file, { endpoint, token: to })];
    const identities = known.map(({ name, endpoint: written, email }) => {
      const context = new Context({ name, endpoint: written, email, apiToken: to.reveal(), line: null });
      const { uid: token_uid, expires_at } = identity;
      return { ...toIdentity(context, identity, now), token_uid, expires_at };
    });
    return {
      changes: held.map(({ name, endpoint: written, email }) => {
        return { kind: "put", name, endpoint: written, token: to, email };
      }),
      state: identities.reduce(remember, state),
    };
  });
}
