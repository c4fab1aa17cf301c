import type { ApiToken } from "../cloud/api-token.ts";
import type { Client } from "../cloud/client.ts";
import { getToken, listTokens, type TokenFields, updateToken } from "../cloud/tokens.ts";
import { showName } from "../contexts/name.ts";
import { redact } from "../system/redact.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { rememberExpiry, warnOfExpiry } from "../auth/expiry.ts";
import { openSession, type Session } from "../auth/session.ts";
import { showExpiry } from "../auth/show-expiry.ts";
import { deleteOrphanedLeases } from "./lease.ts";
import { matchTokens } from "./match.ts";

export type TokensSession = Session & { client: Client };

/** The active login, with a client for the API tokens of its user. */
export async function openTokens(cli: Cli): Promise<TokensSession> {
  const session = await openSession(cli);
  await warnOfExpiry(cli, session.context);
  const client = await cli.client({ endpoint: session.context.endpoint, token: session.token });
  await deleteOrphanedLeases(cli, session);
  return { ...session, client };
}

export interface Listed extends ApiToken {
  /** The names of the contexts that are known to use it. */
  contexts: string[];
  /** Whether the active context is one of them. */
  isInUse: boolean;
}

/** Searches here, because servers differ in what they search, and some ignore the search. */
export async function listApiTokens(cli: Cli, search = ""): Promise<Listed[]> {
  const session = await openTokens(cli);
  const tokens = await addUsers(cli, session, await listAll(cli, session));
  const text = search.toLowerCase();
  return tokens.filter(({ uid, name, description }) =>
    [uid, name, description].some((field) => field.toLowerCase().includes(text)),
  );
}

/** Without a UID or name, a person is asked which one. */
export async function getApiToken(cli: Cli, word: string | undefined): Promise<Listed> {
  const { session, token, listed } = await openToken(cli, word);
  return (await addUsers(cli, session, listed)).find(({ uid }) => uid === token.uid)!;
}

export async function updateApiToken(cli: Cli, word: string, fields: TokenFields): Promise<ApiToken> {
  if (Object.keys(fields).length === 0)
    throw usageError("there is nothing to change", "pass --description, --scope or --expires");
  const { session, token, listed } = await openToken(cli, word);
  const updated = await updateToken(session.client, token.uid, fields);
  if (!updated) throw noSuchToken(word, listed);
  await rememberExpiry(cli, [updated], await matchTokens(cli, session, listed));
  return updated;
}

/** The active login and one of its API tokens; without a UID or name, a person picks it. */
export async function openToken(
  cli: Cli,
  word: string | undefined,
): Promise<{ session: TokensSession; token: ApiToken; listed: ApiToken[] }> {
  if (word === undefined && !cli.interactive)
    throw usageError("which API token? give its UID or name", "`bentocloud api-token list` shows them");
  const session = await openTokens(cli);
  if (word !== undefined) return { session, ...(await findApiToken(session.client, word)) };
  const listed = await listAll(cli, session);
  if (listed.length === 0) throw new CliError("NOT_FOUND", "there are no API tokens to choose from");
  const choices = listed.map((token) => ({
    value: token,
    label: token.name,
    details: [token.uid, `expires ${showExpiry(token, cli).text}`, token.description],
  }));
  const prompt = await cli.prompt();
  return { session, token: await prompt.pick("Which API token?", choices), listed };
}

function listAll(cli: Cli, { client }: TokensSession): Promise<ApiToken[]> {
  let count = "";
  const onPage = (read: number, total: number) => {
    count = ` ${read}/${total}`;
  };
  return cli.wait(
    () => `Reading API tokens${count}`,
    () => listTokens(client, onPage),
  );
}

async function addUsers(cli: Cli, session: TokensSession, listed: ApiToken[]): Promise<Listed[]> {
  const { context } = session;
  const match = await matchTokens(cli, session, listed);
  await rememberExpiry(cli, listed, match);
  return listed.map((token) => {
    const contexts = match.usersOf(token.uid).map(({ name }) => name);
    return { ...token, contexts, isInUse: contexts.includes(context.name) };
  });
}

/** The API token with this uid, or with exactly this name. The server may know a uid that it does not list. */
async function findApiToken(client: Client, word: string): Promise<{ token: ApiToken; listed: ApiToken[] }> {
  if (word === "") throw usageError("the uid or name of the API token is empty");
  // A secret in the place of a name would become part of an address, and addresses are logged.
  if (redact(word) !== word)
    throw usageError(
      "this is an API token itself, not its uid or name",
      "`bentocloud api-token list` shows both",
    );
  const listed = await listTokens(client);
  const match = findListed(listed, word);
  if (match) return { token: match, listed };
  const canBeUid = word !== "." && word !== ".." && !/^[0-9a-v]{20}$/.test(word);
  const token = canBeUid ? await getToken(client, word) : undefined;
  if (token) return { token, listed: [...listed, token] };
  throw noSuchToken(word, listed);
}

const MAX_CHOICES = 20;

export function findListed(listed: readonly ApiToken[], word: string): ApiToken | undefined {
  const matches = listed.filter(({ uid, name }) => uid === word || name === word);
  if (matches.length <= 1) return matches[0];
  const choices = matches
    .slice(0, MAX_CHOICES)
    .map(({ uid, name }) => `${uid} (${name})`)
    .join(", ");
  const more = matches.length > MAX_CHOICES ? ` and ${matches.length - MAX_CHOICES} more` : "";
  throw usageError(`several API tokens go by ${showName(word)}: ${choices}${more}`, "say which by its uid");
}

export function noSuchToken(word: string, listed: readonly ApiToken[]): CliError {
  const shown = showName(word);
  const which = shown.startsWith('"') ? shown : "of that uid or name";
  return new CliError("NOT_FOUND", `there is no API token ${which}`, {
    hint: "`bentocloud api-token list` shows them",
    correction: { unknown: word, names: listed.flatMap(({ uid, name }) => [name, uid]) },
  });
}
