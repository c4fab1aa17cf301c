import type { ApiToken } from "../cloud/api-token.ts";
import { creationTimeIn, findCreatedWith, wasCreatedWith } from "../cloud/created-with.ts";
import { type Context, plainTokenOf } from "../contexts/context.ts";
import { loginAgain } from "../resolve/remedy.ts";
import { loginCommand } from "../resolve/require.ts";
import { quoteWord } from "../system/text.ts";
import { expectedIdentity, recall, type Sighting } from "../store/state.ts";
import type { Cli } from "../app.ts";
import { showWhen } from "../system/time.ts";
import { requireCliError } from "../errors.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { expiresSoon } from "./show-expiry.ts";
import { type Credential, type Person, recallIdentity, rememberSightings } from "./identity.ts";

/**
 * Sends no request: the server said when the token expires when it was last listed, made or changed here. With --json
 * there is a field for it.
 */
export async function warnOfExpiry(cli: Cli, context: Context, now = cli.now()): Promise<void> {
  const expiry = (await recallIdentity(cli, context))?.expires_at;
  if (typeof expiry !== "string" || cli.output.json) return;
  const time = new Date(expiry);
  const token = plainTokenOf(context);
  const made = token && creationTimeIn(token);
  if (!expiresSoon({ expiresAt: time, createdAt: made === undefined ? null : new Date(made) }, now)) return;
  const { name } = context;
  const hasExpired = time < now;
  cli.output.warn(
    `the API token of the context "${name}" ${hasExpired ? "expired" : "expires"} ${showWhen(time, now, cli.flags)}`,
  );
  cli.output.hint(hasExpired ? await renew(cli, name) : `bentocloud api-token rotate ${quoteWord(name)}`);
}

/** The context need not be the active one: `use` warns before it switches. */
async function renew(cli: Cli, name: string): Promise<string> {
  const active = await cli.resolve();
  return active.name === name ? loginAgain(active, cli.env) : loginCommand(name);
}

/** The longest wait for expiry times: a slow list must not hold up the answer that somebody waits for. */
const LONGEST_MS = 3_000;

/** When the server says that this token expires, null for never; undefined where it does not say which token it is. */
export async function askExpiry(cli: Cli, credential: Credential) {
  if (!canFind(credential)) return undefined;
  return expiryOf(findCreatedWith(await listOwn(cli, credential), credential.token));
}

/**
 * The expiry times of many contexts. A list has all tokens of a user in an organization, so it is asked for once for each
 * of these, with the first of their tokens.
 */
export function createSharedExpiry(cli: Cli) {
  const lists = new Map<string, Promise<ApiToken[]>>();
  /** Begins to ask; the answer is awaited later, so that it holds up no other request. */
  return (credential: Credential, { email, organization }: Person) => {
    if (!canFind(credential)) return undefined;
    const key = JSON.stringify([credential.context.endpoint.reveal(), email, organization]);
    const list = lists.get(key) ?? listOwn(cli, credential);
    lists.set(key, list);
    // Not by its last use: the list was asked for with another token.
    const isOwn = (one: ApiToken) => wasCreatedWith(one, credential.token) === true;
    return list.then((listed) => {
      const [own, ...others] = listed.filter(isOwn);
      return expiryOf(others.length === 0 ? own : undefined);
    });
  };
}

function canFind({ context, token }: Credential): boolean {
  return context.name !== ENVIRONMENT_NAME && creationTimeIn(token) !== undefined;
}

function expiryOf(own: ApiToken | undefined): string | null | undefined {
  return own && (own.expiresAt?.toISOString() ?? null);
}

/** Empty when it fails: the request that checks the token reports what is wrong with it, with the server, or Ctrl-C. */
async function listOwn(cli: Cli, { context: { endpoint }, token }: Credential): Promise<ApiToken[]> {
  const { listTokens } = await import("../cloud/tokens.ts");
  try {
    const signal = AbortSignal.any([cli.signal, AbortSignal.timeout(LONGEST_MS)]);
    return await listTokens(await cli.client({ endpoint, token, signal }));
  } catch (error) {
    requireCliError(error);
    return [];
  }
}

export async function rememberExpiry(
  cli: Cli,
  tokens: readonly ApiToken[],
  { usersOf }: { usersOf(uid: string): readonly Context[] },
): Promise<void> {
  const state = await cli.store.state();
  const toSighting = (context: Context, expires_at: string | null): Sighting | undefined => {
    const known = recall(state, context);
    // A new token under a known name may be somebody else's, and the list does not say whose it is.
    if (known?.expires_at === expires_at || (!known && expectedIdentity(state, context.name)))
      return undefined;
    const time = known ? new Date(known.checked_at) : cli.now();
    return { context, email: null, organization: null, ...known, expires_at, time };
  };
  const sightings = tokens.flatMap(({ uid, expiresAt }) =>
    usersOf(uid).flatMap((user) => toSighting(user, expiresAt?.toISOString() ?? null) ?? []),
  );
  await rememberSightings(cli, sightings);
}
