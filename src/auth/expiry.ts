import type { ApiToken } from "../cloud/api-token.ts";
import { creationTimeIn, findCreatedWith } from "../cloud/created-with.ts";
import { type Context, plainTokenOf } from "../contexts/context.ts";
import { loginAgain } from "../resolve/remedy.ts";
import { loginCommand } from "../resolve/require.ts";
import { quoteWord } from "../system/text.ts";
import { expectedIdentity, recall, type Sighting } from "../store/state.ts";
import type { Cli } from "../app.ts";
import { showWhen } from "../system/time.ts";
import { CliError } from "../errors.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { expiresSoon } from "./show-expiry.ts";
import { type Credential, recallIdentity, rememberSightings, type RequestOptions } from "./identity.ts";

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

/** Ends the requests for expiry times: a slow list must not hold up the answer that somebody waits for. */
export function expiryDeadline(): AbortSignal {
  return AbortSignal.timeout(3_000);
}

/** When the server says that this token expires, null for never; undefined where it does not say which token it is. */
export async function askExpiry(
  cli: Cli,
  { context: { endpoint, name }, token }: Credential,
  { insecureHttp, deadline }: RequestOptions & { deadline: AbortSignal },
): Promise<string | null | undefined> {
  if (name === ENVIRONMENT_NAME || creationTimeIn(token) === undefined) return undefined;
  const { listTokens } = await import("../cloud/tokens.ts");
  try {
    const signal = AbortSignal.any([cli.signal, deadline]);
    const listed = await listTokens(await cli.client({ endpoint, token, insecureHttp, signal }));
    const own = findCreatedWith(listed, token);
    return own && (own.expiresAt?.toISOString() ?? null);
  } catch (error) {
    // Other requests report what is wrong with the token or the server.
    if (error instanceof CliError && !cli.signal.aborted) return undefined;
    throw error;
  }
}

/** Remembers when these API tokens expire, for the contexts that use them. */
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
