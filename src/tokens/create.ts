import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../cloud/client.ts";
import { effectOf, isProofOfRejection } from "../cloud/refusal.ts";
import { createToken, type CreatedToken, listTokens, type TokenFields } from "../cloud/tokens.ts";
import { chooseLoginName } from "../resolve/login-name.ts";
import { findContext } from "../contexts/context.ts";
import { parseEndpoint } from "../contexts/endpoint.ts";
import { repeatContext } from "../resolve/require.ts";
import { CliError, requireCliError, withHint } from "../errors.ts";
import type { Cli } from "../app.ts";
import { identifyLogin } from "../auth/identity.ts";
import { type Login, saveLogin, validate } from "../auth/login.ts";
import { type LoginTarget, refuseKnownConflict, settleName } from "../auth/replace-login.ts";
import type { TokensSession } from "./list.ts";
import { ageOf } from "./lost-tokens.ts";

/** A server that lost its database or its client may create the token a little later. */
const LOOKS_AFTER_MS = [0, 500, 1_500];

/** @throws CliError that says whether there is a token now, or how to find that out. */
export async function create(
  { flags }: Pick<Cli, "flags">,
  client: Client,
  fields: TokenFields & { name: string },
): Promise<CreatedToken> {
  const started = performance.now();
  try {
    return await createToken(client, fields);
  } catch (error) {
    const effect = effectOf(error);
    if (effect === "none" || !(error instanceof CliError)) throw error;
    const { name } = fields;
    const seen = await lookFor(client, name, effect === "open" ? LOOKS_AFTER_MS : [0]);
    if (seen === "absent" && effect === "look") throw error;
    const remedy = `\`bentocloud api-token delete ${name}${repeatContext(flags)}\``;
    const hint = `it may have been created, and nobody knows its secret: ${remedy} if it is in the list`;
    if (typeof seen === "string") throw withHint(error, hint);
    const age = performance.now() - started;
    const isNew = seen.ageMs !== undefined && seen.ageMs <= age + CREATION_SPAN_MS;
    const state = isNew ? "was created anyway" : "is there";
    const whose = isNew ? "nobody knows its secret" : "if this request created it, nobody knows its secret";
    const what = `${error.message}; the API token "${name}" (${seen.uid}) ${state}`;
    throw withHint(error, `${whose}: ${remedy}`, what);
  }
}

/** How far apart the server's times of the creation and of the list can be, beside the time between them. */
const CREATION_SPAN_MS = 5_000;

/** What the list says of this name now; its age by the server's clock. */
async function lookFor(client: Client, name: string, pauses: readonly number[]) {
  try {
    for (const pause of pauses) {
      await sleep(pause);
      const listed = await listTokens(client);
      const found = listed.find((token) => token.name === name);
      if (found) return { uid: found.uid, ageMs: ageOf(found, listed) };
    }
    return "absent";
  } catch (error) {
    return isProofOfRejection(error) ? "absent" : "unknown";
  }
}

/** Where a new API token is going to be saved. Whatever forbids that is found before a token is created. */
export async function prepareLogin(
  cli: Cli,
  session: TokensSession,
  wanted: Omit<LoginTarget, "endpoint" | "existing">,
): Promise<LoginTarget> {
  const file = await cli.store.read();
  const name = chooseLoginName({ flag: wanted.name, env: {}, project: undefined, file });
  await cli.store.prepare(name);
  const existing = findContext(file.contexts, name);
  const target = { ...wanted, name, existing, endpoint: parseEndpoint(session.context.endpoint) };
  await refuseKnownConflict(cli, target);
  if (!existing) return target;
  const identification = await identifyLogin(cli, session);
  if (identification.error) throw identification.error;
  return settleName(cli, target, { token: session.token, identification });
}

/** Saves the new API token as a login after a check that it works. */
export async function saveCreated(cli: Cli, target: LoginTarget, created: CreatedToken): Promise<Login> {
  try {
    const newcomer = await validate(cli, target.endpoint, { token: created.secret });
    return await saveLogin(cli, target, newcomer, created);
  } catch (error) {
    const failure = requireCliError(error);
    const command = `\`bentocloud api-token delete ${created.name}${repeatContext(cli.flags)}\``;
    const message = `created, but not saved as a context: ${failure.message}`;
    throw withHint(failure, `the API token stays: use it, or ${command}`, message);
  }
}
