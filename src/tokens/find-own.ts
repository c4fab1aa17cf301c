import { setTimeout as sleep } from "node:timers/promises";
import type { ApiToken } from "../cloud/api-token.ts";
import type { Client } from "../cloud/client.ts";
import { listTokens } from "../cloud/tokens.ts";
import type { Token } from "../contexts/token.ts";
import type { Cli } from "../app.ts";
import { showWhen } from "../system/time.ts";
import { serverTime } from "./lost-tokens.ts";
import type { TokenMatch } from "./match.ts";

export interface Listing {
  listed: readonly ApiToken[];
  match: TokenMatch;
}

/** The token that this client signs in with, if that can be told, and all that it can be. */
export async function findOwn(
  client: Client,
  { listed, match, token }: Listing & { token: Token },
): Promise<{ own: ApiToken | undefined; candidates: ApiToken[] }> {
  const isTold = serverTime(listed) !== undefined;
  // The list was asked for with this very token, so it was used.
  const canBe = (one: ApiToken) => match.canBe(one, token) && !(isTold && one.lastUsedAt === null);
  const candidates = listed.filter(canBe);
  return { own: match.find(token) ?? (await findInUse(client, candidates)), candidates };
}

/** One alone may miss that another client uses its token at the same moment. */
const PROBES = 3;

/**
 * The one at which each request of this client shows. A server notes the use of a token before it answers, so one that
 * stays as it was after a request is not the token that the request was sent with.
 */
async function findInUse(client: Client, candidates: readonly ApiToken[]): Promise<ApiToken | undefined> {
  let used = candidates;
  for (let probe = 0; probe < PROBES && used.length > 0; probe += 1) {
    // The times have milliseconds.
    await sleep(2);
    const times = new Map((await listTokens(client)).map(({ uid, lastUsedAt }) => [uid, lastUsedAt]));
    used = used.flatMap((one) => {
      const lastUsedAt = times.get(one.uid);
      return lastUsedAt && one.lastUsedAt && lastUsedAt > one.lastUsedAt ? { ...one, lastUsedAt } : [];
    });
  }
  const [only, ...others] = used;
  return others.length === 0 ? candidates.find(({ uid }) => uid === only?.uid) : undefined;
}

const MAX_PROPOSED = 20;

/** With the times by which a person can tell them apart. */
export function describeCandidates(candidates: readonly ApiToken[], { now }: Pick<Cli, "now">): string {
  const shown = candidates.slice(0, MAX_PROPOSED).map(({ uid, name, createdAt, lastUsedAt }) => {
    const created = createdAt ? `, created ${showWhen(createdAt, now())}` : "";
    const used = lastUsedAt ? `last used ${showWhen(lastUsedAt, now())}` : "never used";
    return `${uid} (${name}${created}, ${used})`;
  });
  const rest = candidates.length - shown.length;
  const more = rest > 0 ? `, or one of ${rest} more: \`bentocloud api-token list\` shows them` : "";
  return shown.join(", ") + more;
}
