import type { ApiToken } from "../cloud/api-token.ts";
import { type Context, findContext } from "../contexts/context.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { quoteWord } from "../resolve/require.ts";
import { type Identity, recall, remember, toIdentity } from "../store/state.ts";
import type { Cli } from "../app.ts";
import { showWhen } from "../system/time.ts";
import { recallIdentity } from "./session.ts";

const SOON_MS = 7 * 24 * 60 * 60 * 1000;

/** By what the server said when its API tokens were last listed or made here; nothing is asked. */
export async function warnOfExpiry(cli: Cli, context: Context): Promise<void> {
  const expiry = (await recallIdentity(cli, context))?.expires_at;
  if (typeof expiry !== "string") return;
  const [time, now] = [new Date(expiry), cli.now()];
  if (!(time.getTime() - now.getTime() < SOON_MS)) return;
  const verb = time < now ? "expired" : "expires";
  cli.output.warn(`the API token of the context "${context.name}" ${verb} ${showWhen(time, now)}`);
  cli.output.hint(
    time < now
      ? `bentocloud login --context=${quoteWord(context.name)}`
      : `bentocloud api-token rotate ${quoteWord(context.name)}`,
  );
}

/** Keeps when these API tokens expire, for the contexts that are known to hold them. */
export async function rememberExpiry(
  cli: Cli,
  tokens: readonly ApiToken[],
  holders: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const [state, { contexts }] = [await cli.store.state(), await cli.store.read()];
  const news = tokens.flatMap(({ uid, expiresAt }) =>
    (holders.get(uid) ?? []).flatMap((name): Identity[] => {
      const context = name === ENVIRONMENT_NAME ? undefined : findContext(contexts, name);
      if (!context) return [];
      const known = recall(state, context);
      const expires_at = expiresAt?.toISOString() ?? null;
      if (known?.expires_at === expires_at) return [];
      const identity = known ?? toIdentity(context, { email: null, organization: null }, cli.now());
      return [{ ...identity, expires_at }];
    }),
  );
  if (news.length === 0) return;
  await cli.store.updateState((before) => news.reduce(remember, before), { create: false });
}
