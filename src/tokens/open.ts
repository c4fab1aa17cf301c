import type { ApiToken } from "../cloud/api-token.ts";
import type { Client } from "../cloud/client.ts";
import { getToken, listTokens } from "../cloud/tokens.ts";
import { showName } from "../contexts/name.ts";
import { redact } from "../system/redact.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openSession, type Session } from "../auth/session.ts";

/** The active context with its endpoint's API tokens behind a client. */
export interface TokensSession extends Session {
  client: Client;
}

export async function openTokens(cli: Cli, options: { insecureHttp: boolean }): Promise<TokensSession> {
  const session = await openSession(cli, options);
  await warnOfExpiry(cli, session.context);
  const client = await cli.client({ endpoint: session.context.endpoint, token: session.token, ...options });
  return { ...session, client };
}

export interface Found {
  token: ApiToken;
  /** All that the server lists, with this one. */
  listed: ApiToken[];
}

/** The API token of that uid, or of exactly that name; also one that the server has without listing it. */
export async function findApiToken(client: Client, word: string): Promise<Found> {
  refuseSecret(word);
  const listed = await listTokens(client);
  const match = findListed(listed, word);
  if (match) return { token: match, listed };
  const token = canBeUid(word) ? await getToken(client, word) : undefined;
  if (token) return { token, listed: [...listed, token] };
  throw noSuchToken(word);
}

export function findListed(listed: readonly ApiToken[], word: string): ApiToken | undefined {
  const matches = listed.filter(({ uid, name }) => uid === word || name === word);
  if (matches.length <= 1) return matches[0];
  const choices = matches.map(({ uid, name }) => `${uid} (${name})`).join(", ");
  throw usageError(`several API tokens go by ${showName(word)}: ${choices}`, "say which by its uid");
}

export function noSuchToken(word: string): CliError {
  const shown = showName(word);
  const which = shown.startsWith('"') ? shown : "of that uid or name";
  return new CliError("NOT_FOUND", `there is no API token ${which}`, {
    hint: "`bentocloud api-token list` shows them",
  });
}

/** A secret in a name's place would go into an address, and addresses into logs. */
function refuseSecret(word: string): void {
  if (word === "") throw usageError("an API token has a uid and a name");
  if (redact(word) === word) return;
  throw usageError(
    "this is an API token itself, not its uid or name",
    "`bentocloud api-token list` shows both",
  );
}

/** What may stand in the path of a request: no step upward, and nothing that looks like a secret. */
function canBeUid(word: string): boolean {
  return word !== "." && word !== ".." && !/^[0-9a-v]{20}$/.test(word);
}
