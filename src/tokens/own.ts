import type { ApiToken } from "../cloud/api-token.ts";
import { type Context, firstOfEachName, tokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { recall } from "../store/state.ts";
import type { Token } from "../contexts/token.ts";
import type { Cli } from "../app.ts";

/**
 * Which of the listed API tokens a secret is. The server never says: a list has no secrets, and `last_used_at` moves
 * for whoever uses a token. What counts is what we wrote down when we created one, and the time that is part of a
 * secret, when a single token was created at that time. Otherwise nobody knows, and nothing is guessed.
 */
export function findOwn(listed: readonly ApiToken[], token: Token, known: KnownUids): ApiToken | undefined {
  const uid = known.get(token.reveal());
  const matching = listed.filter((one) =>
    uid === undefined ? isMadeWith(one, token) === true && !isOfAnother(one, token, known) : one.uid === uid,
  );
  return matching.length === 1 ? matching[0] : undefined;
}

/** By secret, the uid of each API token that we saw created and that a context of this endpoint holds. */
export type KnownUids = ReadonlyMap<string, string>;

export async function knownUids(cli: Cli, endpoint: string): Promise<KnownUids> {
  const state = await cli.store.state();
  const known = new Map<string, string>();
  for (const { context, token } of loginsAt((await cli.store.read()).contexts, endpoint)) {
    const uid = recall(state, context)?.token_uid;
    if (uid !== undefined) known.set(token.reveal(), uid);
  }
  return known;
}

/** Whether it is known to belong to another secret than this one. */
function isOfAnother({ uid }: ApiToken, token: Token, known: KnownUids): boolean {
  return [...known].some(([secret, other]) => other === uid && secret !== token.reveal());
}

function loginsAt(contexts: readonly Context[], endpoint: string) {
  return [...firstOfEachName(contexts).values()].flatMap((context) => {
    const token = tokenOf(context);
    return token && isSameEndpoint(context.endpoint, endpoint) ? [{ context, token }] : [];
  });
}

/** Whether nothing that is known speaks against this token's being that secret. */
export function canBeOwn(
  one: ApiToken,
  { listed, token, known }: { listed: readonly ApiToken[]; token: Token; known: KnownUids },
): boolean {
  const own = findOwn(listed, token, known);
  return own ? one === own : isMadeWith(one, token) !== false && !isOfAnother(one, token, known);
}

/** How much later than its secret's whole second the server may write a token down. */
const EARLY_MS = 1_000;
const LATE_MS = 3_000;

/** Whether this token was created when that secret was; undefined when one of the times is not known. */
function isMadeWith({ createdAt }: ApiToken, token: Token): boolean | undefined {
  const made = timeIn(token.reveal());
  if (made === undefined || createdAt === null) return undefined;
  const later = createdAt.getTime() - made;
  return later >= -EARLY_MS && later <= LATE_MS;
}

const DIGITS = "0123456789abcdefghijklmnopqrstuv";

/** Secrets are xids: 96 bits in base 32, the first 32 of them the second they were made in. */
function timeIn(secret: string): number | undefined {
  if (!/^[0-9a-v]{19}[0g]$/.test(secret)) return undefined;
  const bits = Array.from(secret.slice(0, 7), (digit) => DIGITS.indexOf(digit).toString(2).padStart(5, "0"));
  return Number.parseInt(bits.join("").slice(0, 32), 2) * 1000;
}

/** By uid, the logins here that are known to use a token: the one in use, and every context of that endpoint. */
export async function holdersOf(
  cli: Cli,
  active: { context: Context },
  listed: readonly ApiToken[],
): Promise<Map<string, string[]>> {
  const { endpoint } = active.context;
  const known = await knownUids(cli, endpoint);
  const holders = new Map<string, string[]>();
  for (const { context, token } of loginsAt(
    [active.context, ...(await cli.store.read()).contexts],
    endpoint,
  )) {
    const own = findOwn(listed, token, known);
    if (own) holders.set(own.uid, [...(holders.get(own.uid) ?? []), context.name]);
  }
  return holders;
}

/** For people: a context, or the variable that holds the environment's credential. */
export function describeHolder(name: string): string {
  return name === ENVIRONMENT_NAME ? "BENTO_CLOUD_API_KEY" : `the context "${name}"`;
}
