import type { ApiToken } from "../cloud/api-token.ts";
import { creationTimeIn, EARLY_MS, LATE_MS, wasCreatedWith } from "../cloud/created-with.ts";
import { type Context, firstOfEachName, plainTokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { keyVariable } from "../resolve/environment.ts";
import { recall } from "../store/state.ts";
import type { Token } from "../contexts/token.ts";
import type { Cli } from "../app.ts";
import type { Credential } from "../auth/identity.ts";

/**
 * Which listed API token has which secret. The server never says: its list has no secrets, and `last_used_at` changes
 * whoever uses a token. Two things say it: the uid that we wrote down when we created a token, and the creation time that
 * is part of a secret, when only one token was created then. Nothing is guessed beyond that.
 */
export interface TokenMatch {
  /** The token with this secret; undefined when that cannot be told. */
  find(secret: Token): ApiToken | undefined;
  /** Whether the token may have this secret: nothing that is known rules it out. */
  canBe(one: ApiToken, secret: Token): boolean;
  /** The contexts that use the token of this uid: the active one, and the stored ones of its endpoint. */
  usersOf(uid: string): Context[];
}

export async function matchTokens(
  { store }: Pick<Cli, "store">,
  active: Omit<Credential, "token"> & { token: Token | undefined },
  listed: readonly ApiToken[],
): Promise<TokenMatch> {
  const state = await store.state();
  const { contexts } = await store.read();
  const owner = recall(state, active.context);
  // The list has the tokens of one user in one organization.
  const isOthers = (context: Context) => {
    const other = recall(state, context);
    const differs = (key: "email" | "organization") =>
      owner?.[key] != null && other?.[key] != null && owner[key] !== other[key];
    return differs("email") || differs("organization");
  };
  const { endpoint } = active.context;
  // A token that is kept elsewhere is not read for this: only the active one is known.
  const logins = [...firstOfEachName([active.context, ...contexts]).values()].flatMap((context) => {
    const secret = context.name === active.context.name ? active.token : plainTokenOf(context);
    const canBeListed = isSameEndpoint(context.endpoint, endpoint) && !isOthers(context);
    return secret && canBeListed ? [{ context, secret }] : [];
  });
  const uids = new Map<string, string>();
  for (const { context, secret } of logins) {
    const uid = recall(state, context)?.token_uid;
    if (uid !== undefined) uids.set(secret.reveal(), uid);
  }
  const knownUids = new Set(uids.values());
  const isOne = (one: ApiToken, secret: Token) => {
    const known = uids.get(secret.reveal());
    if (known !== undefined) return known === one.uid;
    return knownUids.has(one.uid) ? false : wasCreatedWith(one, secret);
  };
  const byUid = new Map(listed.map((one) => [one.uid, one]));
  const bySecond = Map.groupBy(listed, ({ createdAt }) => secondOf(createdAt?.getTime() ?? 0));
  const find = (secret: Token) => {
    const known = uids.get(secret.reveal());
    if (known !== undefined) return byUid.get(known);
    const made = creationTimeIn(secret);
    if (made === undefined) return undefined;
    const seconds = Array.from({ length: SPAN_SECONDS }, (_, index) => secondOf(made - EARLY_MS) + index);
    const near = seconds.flatMap((second) => bySecond.get(second) ?? []);
    const [first, ...others] = near.filter((one) => isOne(one, secret) === true);
    return others.length === 0 ? first : undefined;
  };
  const users = logins.map(({ context, secret }) => ({ context, own: find(secret) }));
  return {
    find,
    canBe(one, secret) {
      const own = find(secret);
      return own ? one === own : isOne(one, secret) !== false;
    },
    usersOf: (uid) => users.filter(({ own }) => own?.uid === uid).map(({ context }) => context),
  };
}

const SPAN_SECONDS = (EARLY_MS + LATE_MS) / 1_000 + 1;

function secondOf(ms: number): number {
  return Math.floor(ms / 1_000);
}

/** Contexts, for people. The environment's credential is named by its variable. */
export function describeUsers({ env }: Pick<Cli, "env">, names: readonly string[]): string {
  const users = names.map((name) => (name === ENVIRONMENT_NAME ? keyVariable(env) : `the context "${name}"`));
  return users.join(" and ");
}
