import type { ApiToken } from "../cloud/api-token.ts";
import { deleteToken, type TokenFields, updateToken } from "../cloud/tokens.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { quoteWord } from "../resolve/require.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { rememberExpiry } from "../auth/expiry.ts";
import { findApiToken, noSuchToken, openTokens } from "./open.ts";
import { canBeOwn, describeHolder, holdersOf, knownUids } from "./own.ts";

export async function updateApiToken(
  cli: Cli,
  word: string,
  { insecureHttp, ...fields }: TokenFields & { insecureHttp: boolean },
): Promise<ApiToken> {
  if (Object.keys(fields).length === 0)
    throw usageError("there is nothing to change", "pass --description, --scope or --expires");
  const session = await openTokens(cli, { insecureHttp });
  const { token, listed } = await findApiToken(session.client, word);
  const updated = await updateToken(session.client, token.uid, fields);
  if (!updated) throw noSuchToken(word);
  await rememberExpiry(cli, [updated], await holdersOf(cli, session, listed));
  return updated;
}

interface Deletion {
  /** Do not ask. */
  yes: boolean;
  /** Also one that a login here uses. */
  force: boolean;
  insecureHttp: boolean;
}

export interface Deleted {
  token: ApiToken;
  /** The logins here that used it. */
  contexts: string[];
}

/** Nothing brings a deleted token back, so whoever uses it here is thought of before anyone is asked. */
export async function deleteApiToken(cli: Cli, word: string, options: Deletion): Promise<Deleted> {
  const session = await openTokens(cli, options);
  const { token, listed } = await findApiToken(session.client, word);
  const contexts = (await holdersOf(cli, session, listed)).get(token.uid) ?? [];
  const known = await knownUids(cli, session.context.endpoint);
  const isOwn = canBeOwn(token, { listed, token: session.token, known });
  if (!options.force) {
    refuseHeld(token, contexts);
    if (isOwn) throw perhapsHeld(token, session.context.name);
  }
  if (!options.yes) await confirm(cli, token);
  await deleteToken(session.client, token.uid, { isOwn });
  return { token, contexts };
}

function refuseHeld({ name }: ApiToken, contexts: readonly string[]): void {
  if (contexts.length === 0) return;
  const stored = contexts.find((context) => context !== ENVIRONMENT_NAME);
  const rotate = stored && `; \`bentocloud api-token rotate ${quoteWord(stored)}\` replaces it`;
  throw usageError(
    `"${name}" is the API token of ${contexts.map(describeHolder).join(" and ")}`,
    `--force deletes it all the same${rotate ?? ""}`,
  );
}

function perhapsHeld({ name }: ApiToken, context: string): CliError {
  return usageError(
    `"${name}" may be the API token of ${describeHolder(context)}: it cannot be told`,
    "--force deletes it all the same",
  );
}

async function confirm(cli: Cli, { name, uid }: ApiToken): Promise<void> {
  if (!cli.interactive)
    throw usageError(`deleting the API token "${name}" cannot be undone`, "pass --yes to delete it");
  const prompt = await cli.prompt();
  if (await prompt.confirm(`Delete the API token "${name}" (${uid})? Whoever uses it is locked out`)) return;
  throw new CliError("FAILURE", "kept the API token");
}
