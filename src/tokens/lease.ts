import type { Cli } from "../app.ts";
import type { Credential } from "../auth/identity.ts";
import { type Client, createClient } from "../cloud/client.ts";
import { effectOf } from "../cloud/refusal.ts";
import { createToken, deleteToken, getToken, listTokens, updateToken } from "../cloud/tokens.ts";
import { type Endpoint, isSameEndpoint } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { requireCliError, requireExpected } from "../errors.ts";
import { ownPid } from "../system/processes.ts";
import { dropLease, type Lease, lockLease, noteLease, readLeases, sweepLeases } from "./lease-journal.ts";
import { serverTime } from "./lost-tokens.ts";

interface LeaseOptions {
  lifeMs: number;
  scopes: readonly string[];
}

/**
 * Where the server can change when a token expires, a lease lives for a quarter of its time at once, so a crash leaves
 * little. Two renewals can fail before the token expires.
 */
const LONGEST_STEP_MS = 15 * 60_000;
const SHORTEST_STEP_MS = 3_000;
const RENEWALS_A_STEP = 3;

/**
 * Makes an API token for one run, and deletes it after that. The journal is written before the server is asked, so that
 * the next command finds and deletes what a process that died has left.
 */
export async function withLease<T>(
  cli: Cli,
  credential: Credential,
  { lifeMs, scopes }: LeaseOptions,
  act: (token: Token) => Promise<T>,
): Promise<T> {
  const { own } = cli.store.paths;
  const client = lastingClient(cli, credential);
  const aheadMs = (serverTime(await listTokens(client)) ?? cli.now()).getTime() - Date.now();
  const endMs = Date.now() + lifeMs;
  const id = crypto.randomUUID();
  const lease: Lease = {
    id,
    endpoint: client.endpoint,
    pid: ownPid(),
    name: `lease-${id}`,
    uid: null,
    expires_at: new Date(endMs + aheadMs).toISOString(),
  };
  const lock = await lockLease(own, lease);
  try {
    noteLease(own, lease);
    const created = await createToken(client, {
      name: lease.name,
      description: "made for one run by `bentocloud exec --lease`",
      scopes: scopes.length === 0 ? ["api"] : [...scopes],
      expiresAt: new Date(lease.expires_at),
    }).catch(async (error: unknown) => {
      if (await isWithoutEffect(client, lease, error)) dropLease(own, lease);
      throw error;
    });
    let stopRenewal = () => {};
    try {
      noteLease(own, { ...lease, uid: created.uid });
      stopRenewal = await renew(client, { uid: created.uid, lifeMs, endMs, aheadMs });
      return await act(created.secret);
    } finally {
      stopRenewal();
      await endLease(cli, client, { ...lease, uid: created.uid });
    }
  } finally {
    lock.release();
  }
}

/** Its requests are not ended by Ctrl-C, which may be meant for the program, and print nothing between its lines. */
function lastingClient({ env, flags, output }: Cli, { context, token }: Credential): Client {
  return createClient({
    endpoint: context.endpoint,
    token,
    env,
    timeoutMs: flags.timeoutMs,
    insecureHttp: flags.insecureHttp,
    signal: new AbortController().signal,
    debug: (message) => output.debug(message),
  });
}

/** Whether there is no token after the request for it failed, and none can appear any more. */
async function isWithoutEffect(client: Client, { name }: Lease, error: unknown): Promise<boolean> {
  const effect = effectOf(error);
  if (effect !== "look") return effect === "none";
  const listed = await listTokens(client).catch(() => undefined);
  return listed !== undefined && listed.every((token) => token.name !== name);
}

interface Renewal {
  uid: string;
  lifeMs: number;
  /** By our clock. */
  endMs: number;
  /** How far the server's clock is ahead of ours. */
  aheadMs: number;
}

/** Shortens the life of the token and then extends it, as long as this process runs. Leaves it on servers that cannot. */
async function renew(client: Client, { uid, lifeMs, endMs, aheadMs }: Renewal): Promise<() => void> {
  const stepMs = Math.max(SHORTEST_STEP_MS, Math.min(LONGEST_STEP_MS, lifeMs / 4));
  const renewAfterMs = stepMs / RENEWALS_A_STEP;
  const untilMs = () => Math.min(endMs, Date.now() + stepMs) + aheadMs;
  const extend = () => updateToken(client, uid, { expiresAt: new Date(untilMs()) });
  if (endMs - Date.now() <= stepMs) return () => {};
  const seen = await extend().catch(() => getToken(client, uid).catch(() => undefined));
  const isShorter = seen?.expiresAt != null && seen.expiresAt.getTime() < endMs + aheadMs - renewAfterMs;
  if (!isShorter) return () => {};
  const timer = setInterval(() => void extend().catch(() => {}), renewAfterMs);
  return () => clearInterval(timer);
}

async function endLease(
  { output, store }: Cli,
  client: Client,
  lease: Lease & { uid: string },
): Promise<void> {
  try {
    await deleteToken(client, lease.uid);
    dropLease(store.paths.own, lease);
  } catch (error) {
    const { message } = requireCliError(error);
    output.warn(
      `the leased API token "${lease.name}" could not be deleted (${message}); the next command tries again`,
    );
  }
}

/**
 * Deletes the leased tokens of processes that have ended, with a login of that endpoint. Never fails the command that
 * it is a part of.
 */
export async function deleteOrphanedLeases(cli: Cli, credential: Credential): Promise<void> {
  const { output, store } = cli;
  const { endpoint } = credential.context;
  for (const lease of readLeasesAt(cli, endpoint)) {
    const lock = await lockLease(store.paths.own, lease).catch(() => undefined);
    // Its program still runs.
    if (!lock) continue;
    try {
      await deleteOrphan(cli, await cli.client({ endpoint, token: credential.token }), lease);
    } catch (error) {
      output.debug(`the lease ${lease.name} stays: ${requireExpected(error).message}`);
    } finally {
      lock.release();
    }
  }
  await sweepLeases(store.paths.own);
}

function readLeasesAt({ output, store }: Cli, endpoint: Endpoint): Lease[] {
  try {
    return readLeases(store.paths.own).filter((lease) => isSameEndpoint(lease.endpoint, endpoint));
  } catch (error) {
    output.debug(requireExpected(error).message);
    return [];
  }
}

async function deleteOrphan({ output, store, now }: Cli, client: Client, lease: Lease): Promise<void> {
  const listed = await listTokens(client);
  const found = listed.find(({ uid, name }) => uid === lease.uid || name === lease.name);
  if (found) {
    await deleteToken(client, found.uid);
    output.info(`Deleted the API token "${lease.name}", which a program that was killed had on lease`);
  }
  // It may be the token of another user, who deletes it.
  if (found || (serverTime(listed) ?? now()).getTime() > Date.parse(lease.expires_at))
    dropLease(store.paths.own, lease);
}
