import type { ApiToken } from "../cloud/api-token.ts";
import { deleteToken } from "../cloud/tokens.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { quoteWord } from "../system/text.ts";
import { type CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { confirm } from "../auth/confirm.ts";
import { confirmProtected } from "../auth/confirm-protected.ts";
import { openToken } from "./list.ts";
import { describeUsers, matchTokens } from "./match.ts";

/**
 * A deleted token cannot be restored, so one that a context uses, or may use, is refused without `force` before anyone is
 * asked to confirm.
 */
export async function deleteApiToken(
  cli: Cli,
  word: string | undefined,
  { force }: { force: boolean },
): Promise<{ token: ApiToken; contexts: string[] }> {
  const { session, token, listed } = await openToken(cli, word);
  const match = await matchTokens(cli, session, listed);
  const contexts = match.usersOf(token.uid).map(({ name }) => name);
  const isOwn = match.canBe(token, session.token);
  if (!force && contexts.length > 0) throw inUse(cli, token, contexts);
  if (!force && isOwn)
    throw usageError(
      `"${token.name}" may be the API token of ${describeUsers(cli, [session.context.name])}, created at about the same time`,
      "--force deletes it anyway",
    );
  const stored = [session.context.name, ...contexts].filter((name) => name !== ENVIRONMENT_NAME);
  await confirmProtected(cli, [...new Set(stored)], "delete an API token of it");
  if (cli.flags.yes.length === 0)
    await confirm(cli, {
      question: `Delete the API token "${token.name}" (${token.uid})? Whoever uses it is locked out`,
      fact: `deleting the API token "${token.name}" cannot be undone`,
      purpose: "delete it",
      kept: "kept the API token",
    });
  await deleteToken(session.client, token.uid, { isOwn });
  return { token, contexts };
}

function inUse(cli: Cli, { name }: ApiToken, contexts: readonly string[]): CliError {
  const stored = contexts.find((context) => context !== ENVIRONMENT_NAME);
  const rotate = stored ? `; \`bentocloud api-token rotate ${quoteWord(stored)}\` replaces it` : "";
  return usageError(
    `"${name}" is the API token of ${describeUsers(cli, contexts)}`,
    `--force deletes it anyway${rotate}`,
  );
}
