import type { ApiToken } from "../cloud/api-token.ts";
import { listTokens } from "../cloud/tokens.ts";
import type { Cli } from "../app.ts";
import { rememberExpiry } from "../auth/expiry.ts";
import { findApiToken, openTokens, type TokensSession } from "./open.ts";
import { holdersOf } from "./own.ts";

export interface Listed extends ApiToken {
  /** The logins here that are known to use it. */
  contexts: string[];
  /** Whether the active one is among them. */
  isInUse: boolean;
}

/** Searched here, because some servers accept a search and ignore it, and the others differ in what they search. */
export async function listApiTokens(
  cli: Cli,
  { search = "", ...options }: { search?: string | undefined; insecureHttp: boolean },
): Promise<Listed[]> {
  const session = await openTokens(cli, options);
  const listed = await annotate(cli, session, await listTokens(session.client));
  const words = search.toLowerCase();
  return listed.filter(({ uid, name, description }) =>
    [uid, name, description].some((text) => text.toLowerCase().includes(words)),
  );
}

export async function getApiToken(
  cli: Cli,
  word: string,
  options: { insecureHttp: boolean },
): Promise<Listed> {
  const session = await openTokens(cli, options);
  const { token, listed } = await findApiToken(session.client, word);
  return (await annotate(cli, session, listed)).find(({ uid }) => uid === token.uid)!;
}

async function annotate(cli: Cli, session: TokensSession, listed: ApiToken[]): Promise<Listed[]> {
  const holders = await holdersOf(cli, session, listed);
  await rememberExpiry(cli, listed, holders);
  return listed.map((token) => {
    const contexts = holders.get(token.uid) ?? [];
    return { ...token, contexts, isInUse: contexts.includes(session.context.name) };
  });
}
