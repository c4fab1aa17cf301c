import { join } from "node:path";
import type { ApiToken } from "../cloud/api-token.ts";
import type { Client } from "../cloud/client.ts";
import { deleteToken, listTokens } from "../cloud/tokens.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import type { Cli } from "../app.ts";
import { areTexts, readOwnList, writeOwnList } from "../system/own-json.ts";
import type { Rotation } from "./rotation-journal.ts";

/**
 * A new token that a rotation asked for without getting an answer, and that has not appeared so far. A server can carry
 * out such a request long after its client has gone, so every rotation looks for it until the server's clock says that
 * it no longer can appear. Only names and times are kept.
 */
type LostToken = Pick<Rotation, "id" | "endpoint" | "identity" | "wanted"> & { asked_at: string };

const FILE = "lost-tokens.json";
const APPEARS_WITHIN_MS = 10 * 60_000;
/** How far apart two times that one server gives for one moment can be. */
const TOLERANCE_MS = 5_000;

/** The server's time: a request sets when its own token was used last. Undefined when the server does not tell. */
export function serverTime(listed: readonly ApiToken[]): Date | undefined {
  const times = listed.flatMap(({ lastUsedAt }) => (lastUsedAt ? [lastUsedAt] : []));
  return times.reduce<Date | undefined>((last, time) => (last && last > time ? last : time), undefined);
}

/** By the server's clock; undefined when it does not tell. */
export function ageOf({ createdAt }: ApiToken, listed: readonly ApiToken[]): number | undefined {
  const now = serverTime(listed);
  return now && createdAt ? now.getTime() - createdAt.getTime() : undefined;
}

/**
 * Whether a token is the one that a request asked for, and nobody has its secret: no token had its name before the
 * request, and one that was used is somebody's.
 */
export function isUnknownToken(token: ApiToken, wanted: Rotation["wanted"]): boolean {
  const { name, description, scopes, expiresAt, lastUsedAt } = token;
  const lives =
    expiresAt && wanted.expires_at !== null ? expiresAt.getTime() - Date.parse(wanted.expires_at) : 0;
  return (
    name === wanted.name &&
    description === wanted.description &&
    lastUsedAt === null &&
    haveSameItems(scopes ?? [], wanted.scopes) &&
    Math.abs(lives) < TOLERANCE_MS
  );
}

export function haveSameItems(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify(left.toSorted()) === JSON.stringify(right.toSorted());
}

/** False when the server does not tell its time: nothing could show later that a token is this one. */
export function noteLostToken(own: string, rotation: Rotation): boolean {
  const { id, endpoint, identity, wanted, planned_at: asked_at } = rotation;
  if (!asked_at) return false;
  const others = readLostTokens(own).filter((one) => one.id !== id);
  writeOwnList(join(own, FILE), [...others, { id, endpoint, identity, wanted, asked_at }]);
  return true;
}

/** Deletes the lost tokens that have appeared. The result says whether any were looked for. */
export async function deleteLostTokens(
  { output, store }: Pick<Cli, "output" | "store">,
  client: Client,
  { endpoint, identity }: Rotation,
): Promise<boolean> {
  const { own } = store.paths;
  const all = readLostTokens(own);
  const sought = all.filter(
    (one) =>
      isSameEndpoint(one.endpoint, endpoint) &&
      one.identity.email === identity.email &&
      one.identity.organization === identity.organization,
  );
  if (sought.length === 0) return false;
  const listed = await listTokens(client);
  const now = serverTime(listed)?.getTime() ?? 0;
  const settled = new Set<LostToken>();
  const deleted = new Set<ApiToken>();
  for (const lost of sought) {
    const asked = Date.parse(lost.asked_at);
    const found = listed.find(
      (token) => !deleted.has(token) && isUnknownToken(token, lost.wanted) && isFrom(token, asked),
    );
    if (found) {
      await deleteToken(client, found.uid);
      deleted.add(found);
      output.info(`Deleted "${found.name}" (${found.uid}), which an interrupted rotation had asked for`);
    }
    if (found || now > asked + APPEARS_WITHIN_MS) settled.add(lost);
  }
  if (settled.size > 0)
    writeOwnList(
      join(own, FILE),
      all.filter((one) => !settled.has(one)),
    );
  return true;
}

function isFrom({ createdAt }: ApiToken, asked: number): boolean {
  const later = (createdAt?.getTime() ?? 0) - asked;
  return later >= -TOLERANCE_MS && later <= APPEARS_WITHIN_MS;
}

function readLostTokens(own: string): LostToken[] {
  return readOwnList(join(own, FILE), isLostToken, {
    what: "a record of interrupted rotations",
    hint: "look into it, and move it away",
  });
}

function isLostToken(value: unknown): value is LostToken {
  const { id, endpoint, identity, wanted, asked_at } = (value ?? {}) as Partial<LostToken>;
  return (
    areTexts(id, endpoint, wanted?.name, wanted?.description, asked_at) &&
    Array.isArray(wanted?.scopes) &&
    identity !== undefined
  );
}
