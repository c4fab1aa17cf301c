import { join } from "node:path";
import { CliError } from "../errors.ts";
import { isPrivateDirectory } from "../system/create-file.ts";
import { codeOf } from "../system/storage-error.ts";
import { sha256 } from "../system/runtime.ts";
import { type Context, findContext, tokenOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { readOwnJson, writeOwnJson } from "../system/own-json.ts";

/**
 * What we know beyond the shared file, kept in a file of our own because Python drops keys it does not know. It can be
 * lost at any time; nothing else depends on it.
 *
 * Identities are kept by the name of their context, so a name has one identity or none. Whoever gives a name to another
 * login (login, logout, rename, restore) changes the identity with it: a login never inherits one from the login that
 * had its name before.
 */
export interface State {
  /** The context that `use -` goes back to. */
  previous: string | null;
  identities: Record<string, Identity>;
  /** Hashes of API tokens that were deleted on their servers from here, the newest last. */
  deleted?: readonly string[];
}

/** Whose login a context is, as the server said it last. */
export interface Identity {
  /** The endpoint and token that the server was asked about. Another program can change them in the shared file. */
  fingerprint: string;
  email: string | null;
  organization: string | null;
  /** RFC 3339. */
  checked_at: string;
  /** The server's ID of the token; only known of tokens that were created here. */
  token_uid?: string | undefined;
  /** RFC 3339; null for a token that never expires, undefined while the server has not said. */
  expires_at?: string | null | undefined;
}

export const NOTHING_KNOWN: State = { previous: null, identities: {} };

const FILE = "state.json";

/**
 * Returns an empty state when the file is not JSON, cannot be read, or is in a directory that another user made.
 *
 * @throws CliError `STORAGE` for what is no file of ours.
 */
export function readState(directory: string): State {
  if (!isPrivateDirectory(directory)) return NOTHING_KNOWN;
  try {
    return toState(readOwnJson(join(directory, FILE)));
  } catch (error) {
    if (error instanceof CliError && codeOf(error.cause) !== "EACCES") throw error;
    return NOTHING_KNOWN;
  }
}

/** For the holder of the store's lock only. */
export function writeState(directory: string, state: State): void {
  writeOwnJson(join(directory, FILE), state, { durable: false });
}

export function isSameState(one: State, other: State): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whose login the context was last seen to be, if its endpoint and token are the ones that were seen. */
export function recall(state: State, context: Context): Identity | undefined {
  const identity = expectedIdentity(state, context.name);
  return identity?.fingerprint === fingerprintOf(context) ? identity : undefined;
}

/** Whose login the context of this name is expected to be, whatever endpoint and token it has now. */
export function expectedIdentity({ identities }: State, name: string): Identity | undefined {
  return Object.hasOwn(identities, name) ? identities[name] : undefined;
}

/** What the server said of a context's login. What it did not say of the same token stays as it was. */
export interface Sighting extends Partial<Pick<Identity, "token_uid" | "expires_at">> {
  context: Context;
  email: string | null;
  organization: string | null;
  time: Date;
}

export function remember(state: State, { context, time, ...said }: Sighting): State {
  const { token_uid, expires_at } = recall(state, context) ?? {};
  const identity = {
    token_uid,
    expires_at,
    ...said,
    fingerprint: fingerprintOf(context),
    checked_at: time.toISOString(),
  };
  return { ...state, identities: { ...state.identities, [context.name]: identity } };
}

/** After the contexts of these names were removed. */
export function forget(state: State, names: readonly string[]): State {
  const { previous, identities } = state;
  const gone = new Set(names);
  return {
    ...state,
    previous: previous !== null && gone.has(previous) ? null : previous,
    identities: Object.fromEntries(Object.entries(identities).filter(([name]) => !gone.has(name))),
  };
}

/** After the user chose which login each of these names has: an identity that is not of that login is forgotten. */
export function settleNames(state: State, names: readonly string[], contexts: readonly Context[]): State {
  const changed = names.filter((name) => {
    const context = findContext(contexts, name);
    return !context || !recall(state, context);
  });
  return { ...state, identities: forget(state, changed).identities };
}

/**
 * Keeps only the identities that `next` has too, of the same person: a new API token of the same user and organization
 * may inherit an identity, which its fingerprint then tells from its own.
 */
export function withoutReplaced(state: State, next: State): State {
  const kept = Object.entries(state.identities).filter(([name, { email, organization }]) => {
    const other = expectedIdentity(next, name);
    return other?.email === email && other.organization === organization;
  });
  return { ...state, identities: Object.fromEntries(kept) };
}

/** After a rename. A context that had the new name before, and that another program removed, is forgotten. */
export function renameInState(state: State, from: string, to: string): State {
  const { previous, identities, ...rest } = forget(state, [to]);
  return {
    ...rest,
    previous: previous === from ? to : previous,
    identities: Object.fromEntries(
      Object.entries(identities).map(([name, identity]) => [name === from ? to : name, identity]),
    ),
  };
}

const MAX_DELETED = 100;

export function noteDeleted(state: State, token: Token): State {
  const others = (state.deleted ?? []).filter((hash) => hash !== hashOf(token));
  return { ...state, deleted: [...others, hashOf(token)].slice(-MAX_DELETED) };
}

/** Whether the token of this login is known to be deleted. */
export function isDeleted({ deleted = [] }: State, context: Context): boolean {
  const token = tokenOf(context);
  return token !== undefined && deleted.includes(hashOf(token));
}

function hashOf(token: Token): string {
  return sha256(token.reveal()).slice(0, 16);
}

/** Tells two logins apart without saying what the token is. */
function fingerprintOf(context: Context): string {
  const token = tokenOf(context)?.reveal() ?? "";
  return sha256(`${context.endpoint.reveal()}\0${token}`).slice(0, 16);
}

function toState(value: unknown): State {
  const { previous, identities, deleted } = (value ?? {}) as Partial<Record<keyof State, unknown>>;
  const entries = Array.isArray(identities) ? [] : Object.entries(identities ?? {});
  return {
    previous: typeof previous === "string" ? previous : null,
    identities: Object.fromEntries(
      entries.filter((entry): entry is [string, Identity] => isIdentity(entry[1])),
    ),
    ...(Array.isArray(deleted) && { deleted: deleted.filter((hash) => typeof hash === "string") }),
  };
}

function isIdentity(value: unknown): value is Identity {
  if (typeof value !== "object" || value === null) return false;
  const { fingerprint, checked_at, email, organization, token_uid, expires_at } = value as Partial<Identity>;
  const isText = (field: unknown) => typeof field === "string";
  return (
    [fingerprint, checked_at].every(isText) &&
    [email, organization].every((field) => field === null || isText(field)) &&
    [token_uid, expires_at ?? undefined].every((field) => field === undefined || isText(field))
  );
}
