import type { Client } from "../cloud/client.ts";
import { createToken, type CreatedToken, mayHaveActed, type TokenFields } from "../cloud/tokens.ts";
import { chooseLoginName } from "../resolve/login-name.ts";
import { type Context, findContext } from "../contexts/context.ts";
import { isSameEndpoint, parseEndpoint } from "../contexts/endpoint.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { type Login, saveLogin, validate } from "../auth/login.ts";
import { identifySession } from "../auth/session.ts";
import { confirmEndpoint, confirmIdentity } from "../auth/replace-login.ts";
import type { TokensSession } from "./open.ts";

/** A new API token; when it stays open whether there is one now, the error says how to find out. */
export async function create(client: Client, fields: TokenFields & { name: string }): Promise<CreatedToken> {
  try {
    return await createToken(client, fields);
  } catch (error) {
    if (!mayHaveActed(error)) throw error;
    throw new CliError(error.code, error.message, {
      hint: `it may have been created, and nobody knows its secret: \`bentocloud api-token delete ${fields.name}\` if it is in the list`,
      cause: error,
    });
  }
}

/** A new API token is going to be the login of a context of this name. */
export interface Destination {
  name: string;
  /** What stands under the name. */
  existing: Context | undefined;
  use: boolean;
  force: boolean;
  insecureHttp: boolean;
}

/** Everything that can be in the way of saving it is found before there is a token that could be lost. */
export async function prepareLogin(
  cli: Cli,
  session: TokensSession,
  wanted: Omit<Destination, "existing">,
): Promise<Destination> {
  const file = await cli.store.read();
  const name = chooseLoginName({ flag: wanted.name, env: {}, project: undefined, file });
  await cli.store.prepare();
  const existing = findContext(file.contexts, name);
  const endpoint = parseEndpoint(session.context.endpoint);
  if (existing) await confirmEndpoint(cli, { ...wanted, existing, endpoint });
  if (existing && isSameEndpoint(existing.endpoint, endpoint)) {
    const identification = await identifySession(cli, session, wanted);
    if (identification.error) throw identification.error;
    await confirmIdentity(cli, { ...wanted, existing, endpoint, token: session.token, identification });
  }
  return { ...wanted, name, existing };
}

/** Saves it once it proved to work on its own. */
export async function saveCreated(
  cli: Cli,
  { endpoint: stored, token, to }: { endpoint: string; token: CreatedToken; to: Destination },
): Promise<Login> {
  const { name, existing, insecureHttp } = to;
  const endpoint = parseEndpoint(stored);
  const secret = token.secret;
  try {
    const identification = await validate(cli, { endpoint, token: secret, insecureHttp });
    const login = { name, endpoint, token: secret, identification, existing };
    return await saveLogin(cli, { ...login, options: to, created: token });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hint = `the API token stays: use it, or \`bentocloud api-token delete ${token.name}\``;
    throw new CliError(error.code, `created, but not saved as a context: ${error.message}`, {
      hint,
      cause: error,
    });
  }
}
