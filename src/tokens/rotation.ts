import { identify } from "../cloud/identify.ts";
import type { Client } from "../cloud/client.ts";
import { createToken, deleteToken, getToken, listTokens, mayHaveActed } from "../cloud/tokens.ts";
import { dropRotation, noteRotation, type Rotation } from "./journal.ts";
import { holding, swapToken } from "../store/replace-token.ts";
import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";

/**
 * One rotation, from what the journal says of it to its end. Every step may be the last one of this process, and every
 * step may have been taken already by another one that died: so each looks at what there is, on the server and in the
 * file, before it does something, and the old token goes only after the new one was seen to work and to stand in the
 * file. A server that cannot be asked decides nothing: the error leaves the journal as it is.
 */
export interface Work {
  cli: Cli;
  rotation: Rotation;
  insecureHttp: boolean;
}

export type Ending =
  | { kind: "done"; contexts: string[]; oldStillWorks: boolean }
  /** The old token is in place, the successor is gone. */
  | { kind: "undone"; reason: CliError }
  /** The server accepts none of its tokens. */
  | { kind: "dead"; reason: CliError };

type Successor = NonNullable<Rotation["successor"]>;

export async function settle(work: Work): Promise<Ending> {
  const { cli, rotation } = work;
  if (rotation.successor) return finish(work, rotation.successor);
  let reason = new CliError("FAILURE", "it ended before there was a successor");
  await removeUnknown(work).catch((error: unknown) => {
    // The list that a successor could stand in is closed to us for ever.
    if (!isRejection(error)) throw error;
    reason = error;
  });
  dropRotation(cli.store.paths.own, rotation);
  return { kind: isRejection(reason) ? "dead" : "undone", reason };
}

/** Notes the intention, asks the server, and notes what it said before anything else happens. */
export async function begin(work: Work): Promise<Rotation> {
  const { cli, rotation } = work;
  const { own } = cli.store.paths;
  const { name, description, scopes, expires_at } = rotation.wanted;
  const client = await clientFor(work, rotation.old.token);
  noteRotation(own, rotation);
  const created = await createToken(client, {
    name,
    description,
    scopes,
    ...(expires_at !== null && { expiresAt: new Date(expires_at) }),
  }).catch(async (error: unknown) => {
    // One that the server has yet to make is looked for again by the next rotation.
    if (!mayHaveActed(error) || (await removeUnknown(work).catch(() => false))) dropRotation(own, rotation);
    throw error;
  });
  const begun = { ...rotation, successor: { uid: created.uid, token: created.secret.reveal() } };
  try {
    noteRotation(own, begun);
    return begun;
  } catch (error) {
    // Where that fails, too, the next rotation finds it by the intention; what failed first is what is said.
    await deleteToken(client, created.uid).catch(() => {});
    throw error;
  }
}

/**
 * Takes away a successor whose secret nobody learned. None of that name was there when the intention was noted, and one
 * that was used is somebody's.
 */
async function removeUnknown(work: Work): Promise<boolean> {
  const { old, wanted } = work.rotation;
  const client = await clientFor(work, old.token);
  const unknown = (await listTokens(client)).find(
    ({ name, description, scopes, lastUsedAt }) =>
      name === wanted.name &&
      description === wanted.description &&
      lastUsedAt === null &&
      areSame(scopes ?? [], wanted.scopes),
  );
  if (unknown) await deleteToken(client, unknown.uid);
  return unknown !== undefined;
}

async function finish(work: Work, successor: Successor): Promise<Ending> {
  const { cli, rotation } = work;
  const { endpoint, old } = rotation;
  const client = await clientFor(work, successor.token);
  const objection = await verify(work, client, successor);
  if (objection) return takeBack(work, successor, objection);
  const [from, to] = [new Token(old.token), new Token(successor.token)];
  const facts = { uid: successor.uid, expires_at: rotation.wanted.expires_at };
  await swap(work, { from, to, ...facts });
  const contexts = holding(await cli.store.read(), { endpoint, token: to }).map(({ name }) => name);
  if (contexts.length === 0) {
    const gone = new CliError("FAILURE", `no context holds the API token "${old.name}" any more`);
    return takeBack(work, successor, gone);
  }
  await deleteToken(client, old.uid);
  // The server takes its time, in which another program may have written back what is dead now.
  if (holding(await cli.store.read(), { endpoint, token: from }).length > 0)
    await swap(work, { from, to, ...facts });
  dropRotation(cli.store.paths.own, rotation);
  return { kind: "done", contexts, oldStillWorks: await works(work, old.token) };
}

/** Whether the successor, asked by itself, is the same person's and may do the same; the objection if not. */
async function verify({ rotation }: Work, client: Client, { uid }: Successor): Promise<CliError | undefined> {
  const { identity, wanted } = rotation;
  const seen = await identify(client);
  if (seen.verdict === "unreachable" || seen.verdict === "not_bentocloud") throw seen.error;
  const isSame =
    seen.verdict === identity.verdict &&
    seen.email === identity.email &&
    seen.organization === identity.organization;
  if (!isSame) {
    const whose = [seen.email, seen.organization].filter(Boolean).join(" in ");
    return seen.error ?? new CliError("FAILURE", `the new API token is of ${whose}`);
  }
  const token = await getToken(client, uid);
  const isEqual =
    token === undefined ||
    (areSame(token.scopes ?? [], wanted.scopes) &&
      Object.entries(wanted.flags).every(([flag, value]) => (token.flags[flag] ?? value) === value));
  return isEqual
    ? undefined
    : new CliError("FAILURE", `${client.endpoint} gives the new API token other rights than the old one has`);
}

const MAX_SWAPS = 3;

/** Python bentoml may write back what it read before, so the file is read again until it says what was written. */
async function swap(
  work: Work,
  { from, to, ...facts }: { from: Token; to: Token; uid: string; expires_at?: string | null },
): Promise<void> {
  const { cli, rotation } = work;
  const { endpoint, identity } = rotation;
  for (let swaps = 0; swaps < MAX_SWAPS; swaps += 1) {
    await swapToken(cli.store, { endpoint, from, to, identity: { ...identity, ...facts }, now: cli.now() });
    if (holding(await cli.store.read(), { endpoint, token: from }).length === 0) return;
  }
  throw new CliError("LOCKED", `another program keeps writing the old API token back`);
}

/** The way back: the old token into the file, if it still works, and the successor off the server. */
async function takeBack(work: Work, successor: Successor, reason: CliError): Promise<Ending> {
  const { cli, rotation } = work;
  const { old } = rotation;
  const client = await clientFor(work, old.token);
  const { verdict, error } = await identify(client);
  if (verdict === "unreachable" || verdict === "not_bentocloud") throw error;
  const [from, to] = [new Token(successor.token), new Token(old.token)];
  if (isRejection(error)) {
    if (!isRejection(reason)) await removeUnheld(work, successor);
    dropRotation(cli.store.paths.own, rotation);
    return { kind: "dead", reason: error };
  }
  await swap(work, { from, to, uid: old.uid });
  await deleteToken(client, successor.uid);
  dropRotation(cli.store.paths.own, rotation);
  return { kind: "undone", reason };
}

/** Takes away a successor that works but stands nowhere: only by itself, once the old token is gone. */
async function removeUnheld(work: Work, { uid, token }: Successor): Promise<void> {
  const { cli, rotation } = work;
  const place = { endpoint: rotation.endpoint, token: new Token(token) };
  if (holding(await cli.store.read(), place).length > 0) return;
  await deleteToken(await clientFor(work, token), uid, { isOwn: true });
}

/** Asked once, for what is said at the end; a server that is gone by then is no failure. */
async function works(work: Work, token: string): Promise<boolean> {
  try {
    const client = await clientFor(work, token);
    const { status } = await client.get("/api/v1/auth/current", { once: true });
    return status >= 200 && status < 300;
  } catch {
    return false;
  }
}

async function clientFor({ cli, rotation, insecureHttp }: Work, token: string): Promise<Client> {
  return cli.client({ endpoint: rotation.endpoint, token: new Token(token), insecureHttp });
}

function isRejection(error: unknown): error is CliError {
  return error instanceof CliError && ["TOKEN_REJECTED", "TOKEN_EXPIRED"].includes(error.code);
}

function areSame(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify(left.toSorted()) === JSON.stringify(right.toSorted());
}
