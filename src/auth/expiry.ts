import type { ApiToken } from "../cloud/api-token.ts";
import type { Context } from "../contexts/context.ts";
import { loginCommand } from "../resolve/require.ts";
import { quoteWord } from "../system/text.ts";
import { expectedIdentity, recall, type Sighting } from "../store/state.ts";
import type { Cli } from "../app.ts";
import { showWhen } from "../system/time.ts";
import { recallIdentity, rememberSightings } from "./identity.ts";

const SOON_MS = 7 * 24 * 60 * 60 * 1000;

/** Sends no request: the server said when the token expires when it was last listed, made or changed here. */
export async function warnOfExpiry(cli: Cli, context: Context): Promise<void> {
  const expiry = (await recallIdentity(cli, context))?.expires_at;
  if (typeof expiry !== "string") return;
  const [time, now] = [new Date(expiry), cli.now()];
  if (!(time.getTime() - now.getTime() < SOON_MS)) return;
  const { name } = context;
  const hasExpired = time < now;
  cli.output.warn(
    `the API token of the context "${name}" ${hasExpired ? "expired" : "expires"} ${showWhen(time, now)}`,
  );
  cli.output.hint(hasExpired ? loginCommand(name) : `bentocloud api-token rotate ${quoteWord(name)}`);
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
