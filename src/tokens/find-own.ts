import { setTimeout as sleep } from "node:timers/promises";
import type { ApiToken } from "../cloud/api-token.ts";
import type { Client } from "../cloud/client.ts";
import { getToken } from "../cloud/tokens.ts";
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
  const own = match.find(token);
  if (own) return { own, candidates };
  const [only] = candidates;
  const isOnly = only && candidates.length === 1 && (await isUsedBy(client, only));
  return { own: isOnly ? only : undefined, candidates };
}

/** Whether the requests of this client show at this token. */
async function isUsedBy(client: Client, { uid, lastUsedAt }: ApiToken): Promise<boolean> {
  // The times have milliseconds.
  await sleep(2);
  const now = await getToken(client, uid);
  return lastUsedAt !== null && now?.lastUsedAt != null && now.lastUsedAt > lastUsedAt;
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
