import { contextsUsing } from "./replace-token.ts";
import { confirmProtected } from "../auth/confirm-protected.ts";
import { readPipedToken } from "../auth/token-input.ts";
import { holdsToken } from "../auth/holds-token.ts";
import type { ApiToken } from "../cloud/api-token.ts";
import { Context } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, parseEndpoint, isSameEndpoint } from "../contexts/endpoint.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { parseToken, type Token } from "../contexts/token.ts";
import { checkEndpointPin } from "../resolve/pins.ts";
import { loginCommand } from "../resolve/require.ts";
import { type CliError, usageError, withHint } from "../errors.ts";
import type { Cli } from "../app.ts";
import { describeUsers } from "./match.ts";
import { quoteWord } from "../system/text.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { environmentLogin, revokeToken, warnIfInEnvironment } from "./revoke.ts";

interface RevokedValue {
  endpoint: string;
  token: ApiToken;
  /** The names of the contexts that can no longer sign in. */
  contexts: string[];
}

/**
 * Deletes the token whose value is on standard input, or is typed unseen. Giving the value is the confirmation.
 *
 * @param given The value of `--endpoint`.
 */
export async function revokeValue(cli: Cli, given: string | undefined): Promise<RevokedValue> {
  const token = await readToken(cli);
  const endpoint = await chooseEndpoint(cli, token, given);
  const file = await cli.store.read();
  const users = contextsUsing(cli.store, file, { endpoint, token });
  const contexts = users.map(({ name }) => name);
  await confirmProtected(cli, contexts, "delete its API token");
  const context =
    users[0] ??
    new Context({ name: ENVIRONMENT_NAME, endpoint, email: null, apiToken: token.reveal(), line: null });
  const revoked = await revokeToken(cli, { context, token });
  if ("rejection" in revoked) {
    const [name] = contexts;
    throw name === undefined
      ? unknownThere(revoked.rejection, endpoint, file)
      : withHint(revoked.rejection, `it no longer works: ${loginCommand(name)}`);
  }
  warnIfInEnvironment(cli, token);
  return { endpoint, token: revoked.deleted, contexts };
}

const MAX_SERVERS = 5;

/** A leaked token that one server does not know may belong to another: nobody may believe that it is harmless. */
function unknownThere(rejection: CliError, endpoint: string, { contexts }: ContextsFile): CliError {
  if (rejection.code === "TOKEN_EXPIRED") return withHint(rejection, "it no longer works there");
  const others = contexts.filter((context) => !isSameEndpoint(context.endpoint, endpoint));
  const known = [...new Set(others.map((context) => context.endpoint.masked))].filter((url) => url !== "");
  const urls = known.length > 0 ? known.slice(0, MAX_SERVERS).map(quoteWord) : ["URL"];
  const commands = urls.map((url) => `\`bentocloud api-token revoke --with-token --endpoint ${url}\``);
  const hint = `it may still work on another server: ${commands.join(", ")}`;
  return withHint(rejection, hint, `${endpoint} does not know this API token`);
}

async function readToken(cli: Cli): Promise<Token> {
  if (!cli.isTerminal(0)) return readPipedToken(cli);
  const prompt = await cli.prompt();
  return parseToken(await prompt.secret("API token to delete on its server"), "your input");
}

/**
 * A token goes to the server of the context that has it, and to no other. For one that no context here has, it is the
 * active context's server, unless a project or another user's file chose that: neither may name where a token is sent.
 */
async function chooseEndpoint(cli: Cli, token: Token, given: string | undefined): Promise<string> {
  const { contexts } = await cli.store.read();
  const fromEnvironment = environmentLogin(cli.env);
  const logins = fromEnvironment ? [fromEnvironment.context, ...contexts] : contexts;
  const holder = logins.find(holdsToken(cli.store.paths, token));
  const wanted = given === undefined ? undefined : parseEndpoint(given);
  if (holder && wanted !== undefined && !isSameEndpoint(holder.endpoint, wanted))
    throw usageError(
      `${describeUsers(cli, [holder.name])} has this API token for ${holder.endpoint}, not for ${wanted}`,
    );
  if (wanted !== undefined) return wanted;
  if (holder) return parseEndpoint(holder.endpoint);
  const active = await cli.resolve();
  const { context, source, others } = active;
  if (context) checkEndpointPin(active, context);
  const endpoint = context ? parseEndpoint(context.endpoint) : DEFAULT_ENDPOINT;
  const isForeign = source.kind !== "env_key" && (await cli.store.isForeign());
  const isChosen = context !== undefined && source.kind !== "project" && !isForeign;
  const isDefault = endpoint === DEFAULT_ENDPOINT && (context !== undefined || others.length === 0);
  if (isChosen || isDefault) return endpoint;
  throw usageError(
    "no context here has this API token, so nothing says which server it is of",
    `if it may be sent to ${endpoint}, say so with --endpoint`,
  );
}
