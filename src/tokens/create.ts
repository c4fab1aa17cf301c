import type { Client } from "../cloud/client.ts";
import { createToken, type CreatedToken, mayHaveActed, type TokenFields } from "../cloud/tokens.ts";
import { chooseLoginName } from "../resolve/login-name.ts";
import { findContext } from "../contexts/context.ts";
import { isSameEndpoint, parseEndpoint } from "../contexts/endpoint.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { identifyLogin } from "../auth/identity.ts";
import { confirmProtected } from "../auth/confirm-protected.ts";
import { type Login, REPLACE, saveLogin, validate } from "../auth/login.ts";
import { confirmEndpoint, confirmIdentity, type LoginTarget } from "../auth/replace-login.ts";
import type { TokensSession } from "./list.ts";

/** @throws CliError that says how to find out whether there is a token now, when the answer was lost. */
export async function create(client: Client, fields: TokenFields & { name: string }): Promise<CreatedToken> {
  try {
    return await createToken(client, fields);
  } catch (error) {
    if (!mayHaveActed(error)) throw error;
    const hint = `it may have been created, and nobody knows its secret: \`bentocloud api-token delete ${fields.name}\` if it is in the list`;
    throw new CliError(error.code, error.message, { hint, cause: error });
  }
}

/** Where a new API token is going to be saved. Whatever forbids that is found before a token is created. */
export async function prepareLogin(
  cli: Cli,
  session: TokensSession,
  { yes, ...wanted }: Omit<LoginTarget, "endpoint" | "existing"> & { yes: readonly string[] },
): Promise<LoginTarget> {
  const file = await cli.store.read();
  const name = chooseLoginName({ flag: wanted.name, env: {}, project: undefined, file });
  await cli.store.prepare();
  const existing = findContext(file.contexts, name);
  if (existing || yes.length > 0) await confirmProtected(cli, [name], { yes, intent: REPLACE });
  const endpoint = parseEndpoint(session.context.endpoint);
  const target = { ...wanted, name, existing, endpoint };
  await confirmEndpoint(cli, target);
  if (existing && isSameEndpoint(existing.endpoint, endpoint)) {
    const identification = await identifyLogin(cli, session, wanted);
    if (identification.error) throw identification.error;
    await confirmIdentity(cli, target, { token: session.token, identification });
  }
  return target;
}

/** Saves the new API token as a login after a check that it works. */
export async function saveCreated(cli: Cli, target: LoginTarget, created: CreatedToken): Promise<Login> {
  try {
    return await saveLogin(cli, target, await validate(cli, target, created.secret), created);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.code, `created, but not saved as a context: ${error.message}`, {
      hint: `the API token stays: use it, or \`bentocloud api-token delete ${created.name}\``,
      cause: error,
    });
  }
}
