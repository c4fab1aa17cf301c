/**
 * Logs out for good: deletes the API tokens of the contexts on their servers first, and takes them out of every backup
 * afterwards. A context whose token may still work stays, because it is the only way to that token. Each step can be
 * repeated: the names that were removed are found in the backups until the last of these is without the tokens.
 */

import { withErasure } from "../auth/erase-kept.ts";
import { readToken } from "../auth/read-token.ts";
import { reportLeft } from "../auth/report-left.ts";
import { reportRemoved, sayPages, type Leaving } from "../auth/logout.ts";
import {
  type Context,
  findContext,
  hasToken,
  isSameLogin,
  plainTokenOf,
  tokenOf,
} from "../contexts/context.ts";
import { originOf, tokensPage } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, requireExpected, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { counted, quoteWord } from "../system/text.ts";
import { removeLogins, requireStored } from "../store/manage-contexts.ts";
import { fileHasToken, findKeptLogins, listKeptNames, purgeTokens } from "../store/purge.ts";
import { type ContextsFile, problemWith } from "../yaml/read.ts";
import { contextsUsing } from "./replace-token.ts";
import { revokeToken, warnIfInEnvironment } from "./revoke.ts";
import { dropRotationsOf, readRotations, withRotationLock } from "./rotation-journal.ts";

interface LeaveOptions {
  revoke: boolean;
  purge: boolean;
}

/**
 * The stored login of that name, and to purge also every other one that backups have under it. Where none is stored, it is
 * the last one of the backups.
 */
export async function findLogins(
  cli: Cli,
  name: string,
  { purge }: Pick<LeaveOptions, "purge">,
): Promise<Context[]> {
  const file = await cli.store.read();
  const stored = file.contexts.filter((context) => context.name === name);
  const isStored = stored.length > 0 || problemWith(file, name) !== undefined;
  const kept = isStored && !purge ? [] : await findKeptLogins(cli.store.paths.own, name);
  // One that was renamed is in backups under its earlier name too.
  const unused = kept.filter((login) => {
    const token = plainTokenOf(login);
    return (
      !token || contextsUsing(cli.store, file, { endpoint: login.endpoint.reveal(), token }).length === 0
    );
  });
  if (isStored || unused.length === 0) await requireStored(cli.store, name);
  // What an earlier reference led to was erased when it was replaced.
  const found = unused.filter((login, index) => plainTokenOf(login) || (index === 0 && !isStored));
  return [...stored, ...(purge ? found : found.slice(0, 1))];
}

export async function leave(cli: Cli, { names, kept }: Leaving, options: LeaveOptions): Promise<void> {
  // A rotation at the same time would replace the token that is deleted here.
  const { ended, failures, outcome, left, purged } = await withRotationLock(
    cli.store.paths,
    cli.signal,
    async () => {
      // Purging would fail on a record that cannot be understood, so this comes before the first request.
      if (options.purge) readRotations(cli.store.paths.own);
      const logins = (await Promise.all(names.map((name) => findLogins(cli, name, options)))).flat();
      const failures = await endOnServers(cli, logins, options);
      const ended = logins.filter((login) => !failures.has(login));
      const { result: outcome, left } = await withErasure(cli, ended, () => removeLogins(cli.store, ended));
      const tokens = ended.flatMap((login) => tokenOf(login) ?? []);
      return { ended, failures, outcome, left, purged: options.purge ? await purge(cli, tokens) : undefined };
    },
  );
  const { file, narrowed, result: removed } = outcome;
  const isFailure = failures.size > 0 && (removed.length === 0 || cli.output.json);
  if (isFailure) throw failureOf(cli, failures, file);
  await reportRemoved(cli, { names: removed, kept, file, narrowed });
  for (const name of names) {
    const other = findContext(file.contexts, name);
    if (other && ![...failures.keys()].some((login) => isSameLogin(login, other)))
      cli.output.warn(`kept "${name}": another login was saved under this name meanwhile`);
  }
  if (purged !== undefined) {
    cli.output.success(purged);
    await warnOfEarlierTokens(cli, failures, options);
  }
  if (failures.size > 0) throw failureOf(cli, failures, file);
  if (options.purge && !options.revoke) sayPages(cli, ended);
  reportLeft(left);
}

/** Why logins stay. */
type Failures = Map<Context, CliError>;

/** Servers in parallel, so that one that does not answer delays no other; the tokens of one server in sequence. */
async function endOnServers(cli: Cli, logins: readonly Context[], options: LeaveOptions): Promise<Failures> {
  const failures: Failures = new Map();
  const file = await cli.store.read();
  const names = new Set(logins.map(({ name }) => name));
  const endAll = async (group: readonly Context[]) => {
    let silence: CliError | undefined;
    for (const context of group) {
      try {
        if (silence) throw silence;
        if (!hasToken(context)) continue;
        const token = options.revoke ? await readToken(cli, context) : plainTokenOf(context);
        if (!token) continue;
        const place = { endpoint: context.endpoint.reveal(), token };
        const other = contextsUsing(cli.store, file, place).find(({ name }) => !names.has(name));
        if (other) throw sharedWith(other);
        const isLatest = logins.find(({ name }) => name === context.name) === context;
        if (options.revoke) await endOnServer(cli, { context, token, isLatest });
      } catch (error) {
        const failure = requireExpected(error);
        failures.set(context, failure);
        if (failure.code === "UNREACHABLE" || failure.code === "TIMEOUT") silence = failure;
      }
    }
  };
  await Promise.all([...Map.groupBy(logins, ({ endpoint }) => originOf(endpoint)).values()].map(endAll));
  return failures;
}

async function endOnServer(
  cli: Cli,
  login: { context: Context; token: Token; isLatest: boolean },
): Promise<void> {
  const { name, endpoint } = login.context;
  const revoked = await revokeToken(cli, login);
  if ("deleted" in revoked) {
    const { deleted } = revoked;
    cli.output.success(`Deleted the API token "${deleted.name}" (${deleted.uid}) on ${endpoint}`);
  } else if (login.isLatest) cli.output.info(`${endpoint} no longer accepts the API token of "${name}"`);
  warnIfInEnvironment(cli, login.token);
}

function sharedWith({ name }: Context): CliError {
  return usageError(
    `the context "${name}" has the same API token`,
    `\`bentocloud logout ${quoteWord(name)}\` first`,
  );
}

/** Gives a sentence about what was done. */
async function purge(cli: Cli, tokens: readonly Token[]): Promise<string> {
  const { paths } = cli.store;
  for (const { wanted, endpoint } of dropRotationsOf(paths.own, tokens))
    cli.output.warn(
      `a rotation was unfinished and is forgotten: if there is an API token "${wanted.name}", delete it at ${tokensPage(endpoint)}`,
    );
  const count = await purgeTokens(paths, tokens, cli.signal);
  if (fileHasToken(paths, tokens))
    cli.output.warn(`${paths.file} still has the token, in a comment or in an entry that cannot be read`);
  return `Took the API token out of ${counted(count, "backup")}`;
}

/** Backups are the only way to delete the API tokens of contexts that were removed before. */
async function warnOfEarlierTokens(
  { output, store }: Cli,
  failures: Failures,
  { revoke }: LeaveOptions,
): Promise<void> {
  const { contexts } = await store.read();
  if (contexts.length > 0) return;
  const failed = new Set([...failures.keys()].map(({ name }) => name));
  for (const name of await listKeptNames(store.paths.own))
    if (!failed.has(name))
      output.warn(
        `backups have an earlier API token of "${name}": ` +
          `\`bentocloud logout ${quoteWord(name)}${revoke ? " --revoke" : ""} --purge\` ends that too`,
      );
}

function failureOf(cli: Cli, failures: Failures, { contexts }: ContextsFile): CliError {
  const [[login, error] = [undefined, undefined], ...others] = failures;
  const { code = "FAILURE", message = "", hint } = error ?? {};
  const isStored = (one: Context) => contexts.some((context) => isSameLogin(one, context));
  const describe = (one: Context) =>
    isStored(one) ? `kept "${one.name}"` : `kept an earlier API token of "${one.name}" in backups`;
  if (login && others.length === 0) {
    const command = `\`bentocloud logout ${quoteWord(login.name)}${isStored(login) ? "" : " --purge"}\``;
    const here = `${command} removes it here, and leaves the token as it is`;
    const hints = { USAGE: [hint], FAILURE: [hint, here] }[code as string] ?? [here];
    return new CliError(code, `${describe(login)}: ${message}`, {
      hint: hints.filter(Boolean).join("; "),
      cause: error,
    });
  }
  for (const [other, { message: reason }] of failures)
    cli.output.warn(`${describe(other)}: ${reason}`, { always: true });
  const what = failures.keys().every(isStored) ? "contexts whose API tokens" : "API tokens that";
  return new CliError(code, `kept ${failures.size} ${what} may still work`, {
    hint: "run it again to try again; without --revoke it removes them from this machine alone",
    cause: error,
  });
}
