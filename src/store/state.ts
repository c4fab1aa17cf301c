import { join } from "node:path";
import { parseJSON, stringifyJSON } from "confbox/json";
import { requirePrivateDirectory } from "../system/create.ts";
import { readRegularFile } from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { sha256 } from "../system/runtime.ts";
import { type Context, tokenOf } from "../contexts/context.ts";

/**
 * What we know beyond the shared file, kept in a file of our own because Python drops keys it does not know: the
 * previous context, and who each token was last seen to be. It can be lost at any time; nothing else depends on it.
 */
export interface State {
  previous: string | null;
  identities: Identity[];
}

export interface Identity {
  /** The context. */
  name: string;
  /** Ties the memory to one endpoint and token: a context that Python changed meanwhile is not this one. */
  fingerprint: string;
  email: string | null;
  organization: string | null;
  /** RFC 3339. */
  checked_at: string;
  /** The server's name for the token, where we saw it created. */
  token_uid?: string | undefined;
  /** RFC 3339; null when the server said that it never expires, undefined while it said nothing. */
  expires_at?: string | null | undefined;
}

const FILE = "state.json";

export function readState(directory: string): State {
  try {
    requirePrivateDirectory(directory);
    const file = readRegularFile(join(directory, FILE));
    if (file) return toState(parseJSON(file.bytes.toString("utf8")));
  } catch {
    // Unreadable, or in a directory that somebody else made, is the same as lost.
  }
  return { previous: null, identities: [] };
}

/** For the holder of the store's lock only. */
export function writeState(directory: string, state: State): void {
  const text = stringifyJSON(state, { indent: 2, whitespace: { start: "", end: "\n" } } as never);
  sweepTemporaries(directory, (name) => name === FILE);
  replaceFile({ target: join(directory, FILE), text, mode: 0o600, durable: false, stillValid: () => true });
}

/** What was last seen behind this context's endpoint and token, if they are still the same. */
export function recall(state: State, context: Context): Identity | undefined {
  const fingerprint = fingerprintOf(context);
  return state.identities.find(
    (identity) => identity.name === context.name && identity.fingerprint === fingerprint,
  );
}

/** Who a context of that name was last seen to be of, also when it has another token by now. */
export function recallOwner(state: State, name: string): Identity | undefined {
  return state.identities.find((identity) => identity.name === name);
}

/** What the server says of the token itself is kept: who is asked again whose it is does not say it. */
export function remember(state: State, identity: Identity): State {
  const before = recallOwner(state, identity.name);
  const others = state.identities.filter(({ name }) => name !== identity.name);
  const kept = before?.fingerprint === identity.fingerprint ? before : undefined;
  const { token_uid = kept?.token_uid, expires_at = kept?.expires_at } = identity;
  return { ...state, identities: [...others, { ...identity, token_uid, expires_at }] };
}

/** Without whom these contexts were last seen to be of, where they have another token now. */
export function forgetOwners(state: State, contexts: readonly Context[]): State {
  const stale = (identity: Identity) =>
    contexts.some(
      (context) => context.name === identity.name && fingerprintOf(context) !== identity.fingerprint,
    );
  return { ...state, identities: state.identities.filter((identity) => !stale(identity)) };
}

export function forget(state: State, names: readonly string[]): State {
  const gone = new Set(names);
  return {
    previous: state.previous !== null && gone.has(state.previous) ? null : state.previous,
    identities: state.identities.filter(({ name }) => !gone.has(name)),
  };
}

export function renameInState(state: State, from: string, to: string): State {
  return {
    previous: state.previous === from ? to : state.previous,
    identities: state.identities.map((identity) =>
      identity.name === from ? { ...identity, name: to } : identity,
    ),
  };
}

/** What the server just said of a context's token. */
export function toIdentity(
  context: Context,
  { email, organization }: Pick<Identity, "email" | "organization">,
  now: Date,
): Identity {
  return {
    name: context.name,
    fingerprint: fingerprintOf(context),
    email,
    organization,
    checked_at: now.toISOString(),
  };
}

/** Tells two logins apart without saying what the token is. */
export function fingerprintOf(context: Context): string {
  const token = tokenOf(context)?.reveal() ?? "";
  return sha256(`${context.endpoint}\0${token}`).slice(0, 16);
}

function toState(value: unknown): State {
  const { previous, identities } = value as Partial<Record<keyof State, unknown>>;
  return {
    previous: typeof previous === "string" ? previous : null,
    identities: Array.isArray(identities) ? identities.filter(isIdentity) : [],
  };
}

function isIdentity(value: unknown): value is Identity {
  if (typeof value !== "object" || value === null) return false;
  const { name, fingerprint, email, organization, checked_at, token_uid, expires_at } = value as Record<
    string,
    unknown
  >;
  const isText = (field: unknown) => typeof field === "string";
  return (
    [name, fingerprint, checked_at].every(isText) &&
    [email, organization].every((field) => field === null || isText(field)) &&
    (token_uid === undefined || isText(token_uid)) &&
    (expires_at === undefined || expires_at === null || isText(expires_at))
  );
}
