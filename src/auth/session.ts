import { type Context, usableTokenOf } from "../contexts/context.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { checkEndpointPin, checkOrganizationPin } from "../resolve/pins.ts";
import type { Active } from "../resolve/active.ts";
import { requireContext, requireToken } from "../resolve/require.ts";
import type { Identity } from "../store/state.ts";
import type { Token } from "../contexts/token.ts";
import type { Identification } from "../cloud/identify.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";

export interface Session {
  active: Active;
  context: Context;
  token: Token;
}

/** What opening a session needs; the command line has it, and so has a program that uses the library. */
export type Opener = Pick<Cli, "resolve" | "client" | "store" | "now">;

/**
 * The active credentials, once everything that can forbid their use was asked: the context exists, has a token, and
 * matches the project's pins. An organization that nobody has seen yet is asked of the server, because a pin that is
 * not checked is no pin.
 */
export async function openSession(cli: Opener, options: { insecureHttp: boolean }): Promise<Session> {
  const session = await openUnpinnedSession(cli);
  const pinned = session.active.project?.organization;
  if (pinned === undefined) return session;
  const known = (await recallIdentity(cli, session.context))?.organization;
  if (known) checkOrganizationPin(session.active, known);
  else {
    const identification = await askWhose(cli, session, options);
    checkOrganizationPin(session.active, identification.organization);
    await keepIdentity(cli, session.context, identification, { create: true });
  }
  return session;
}

/** The same without the organization pin, for callers that ask the server anyway or must not. */
export async function openUnpinnedSession(cli: Opener): Promise<Session> {
  const active = await cli.resolve();
  const context = requireContext(active);
  checkEndpointPin(active, context);
  return { active, context, token: requireToken(context) };
}

/** The active credentials with whose they are by what the server says now. @throws CliError when it refuses them. */
export async function openCheckedSession(
  cli: Opener,
  options: { insecureHttp: boolean },
): Promise<{ session: Session; identification: Identification }> {
  const session = await openUnpinnedSession(cli);
  const identification = await askWhose(cli, session, options);
  checkOrganizationPin(session.active, identification.organization);
  await keepIdentity(cli, session.context, identification);
  return { session, identification };
}

/** The active context without asking anyone or needing its token: the pins count as far as is known here. */
export async function openKnown(cli: Cli): Promise<{ active: Active; context: Context }> {
  const active = await cli.resolve();
  const context = requireContext(active);
  checkEndpointPin(active, context);
  const known = active.project?.organization === undefined ? undefined : await recallIdentity(cli, context);
  if (known) checkOrganizationPin(active, known.organization);
  return { active, context };
}

async function askWhose(
  cli: Opener,
  login: { context: Context; token: Token },
  options: { insecureHttp: boolean },
): Promise<Identification> {
  const identification = await identifySession(cli, login, options);
  if (identification.error) throw identification.error;
  return identification;
}

/** @throws CliError when the token is of somebody else than the context was last seen to be. */
async function keepIdentity(
  cli: Opener,
  context: Context,
  identification: Identification,
  options?: { create: boolean },
): Promise<void> {
  const { checkOwner } = await import("./identity.ts");
  await checkOwner(cli, context, identification);
  const { toIdentity } = await import("../store/state.ts");
  await rememberIdentities(cli, [toIdentity(context, identification, cli.now())], options);
}

/** The organization of a stored login, asked of the server when nobody has seen it yet; undefined when it won't say. */
export async function findOrganization(cli: Cli, context: Context): Promise<string | undefined> {
  const known = (await recallIdentity(cli, context))?.organization;
  const token = usableTokenOf(context);
  if (known || !token) return known ?? undefined;
  try {
    const identification = await askWhose(cli, { context, token }, { insecureHttp: false });
    await keepIdentity(cli, context, identification, { create: true });
    return identification.organization ?? undefined;
  } catch (error) {
    if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
    cli.output.debug(error.message);
    return undefined;
  }
}

/** Asks the server whose token this is. A token that cannot be sent at all is a verdict too. */
export async function identifySession(
  cli: Opener,
  { context, token }: { context: Context; token: Token },
  options: { insecureHttp: boolean; timeoutMs?: number },
): Promise<Identification> {
  const { identify } = await import("../cloud/identify.ts");
  try {
    return await identify(await cli.client({ endpoint: context.endpoint, token, ...options }));
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "TOKEN_REJECTED") throw error;
    return { verdict: "rejected", email: null, organization: null, error };
  }
}

/** The environment's credential is remembered nowhere: using it needs no file and writes none. */
export async function recallIdentity(cli: Opener, context: Context): Promise<Identity | undefined> {
  if (context.name === ENVIRONMENT_NAME) return undefined;
  const { recall } = await import("../store/state.ts");
  return recall(await cli.store.state(), context);
}

/**
 * Refreshes what we remember of these logins. Unless told to `create`, only where we keep a memory already: looking at
 * a login that Python made leaves no file behind.
 */
export async function rememberIdentities(
  cli: Opener,
  identities: readonly Identity[],
  { create = false } = {},
): Promise<void> {
  const stored = identities.filter(({ name }) => name !== ENVIRONMENT_NAME);
  if (stored.length === 0) return;
  const { remember } = await import("../store/state.ts");
  await cli.store.updateState((state) => stored.reduce(remember, state), { create });
}
