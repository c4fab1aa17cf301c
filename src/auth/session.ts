import { type Context, hasToken, plainTokenOf } from "../contexts/context.ts";
import { checkEndpointPin, checkOrganizationPin } from "../resolve/pins.ts";
import { type Active, sourceOf } from "../resolve/active.ts";
import { requireContext } from "../resolve/require.ts";
import type { Identification } from "../cloud/identify.ts";
import { requireExpected } from "../errors.ts";
import type { Cli } from "../app.ts";
import { type Asker, type Credential, recallIdentity, verifyIdentity } from "./identity.ts";
import { readToken, type TokenReader } from "./read-token.ts";

export interface Session extends Credential {
  active: Active;
}

export type Opener = Asker & TokenReader & Pick<Cli, "resolve">;

/**
 * The active login, after every check that can forbid its use: the context exists, has a token, and matches the pins of
 * the project. An organization that nobody has seen yet is asked of the server: a pin that is not checked is no pin.
 */
export async function openSession(cli: Opener): Promise<Session> {
  const session = await openUnpinnedSession(cli);
  if (session.active.project?.organization !== undefined)
    checkOrganizationPin(session.active, await organizationOf(cli, session));
  return session;
}

/** Without a check of the organization, for callers that do it later. */
export async function openUnpinnedSession(cli: TokenReader & Pick<Cli, "resolve">): Promise<Session> {
  const { active, context } = await openContext(cli);
  return { active, context, token: await readToken(cli, context) };
}

/** Always asks the server whose login it is. @throws CliError when the server refuses the token. */
export async function openCheckedSession(
  cli: Opener,
): Promise<{ session: Session; identification: Identification }> {
  const session = await openUnpinnedSession(cli);
  return { session, identification: await verifyIdentity(cli, session) };
}

/** The active context, which may have no token. Asks no server: an organization nobody has seen yet is not checked. */
export async function openOffline(cli: Opener): Promise<{ active: Active; context: Context }> {
  const { active, context } = await openContext(cli);
  const isPinned = active.project?.organization !== undefined;
  const known = isPinned ? await recallIdentity(cli, context) : undefined;
  if (known) checkOrganizationPin(active, known.organization);
  return { active, context };
}

async function openContext(cli: Pick<Cli, "resolve">): Promise<{ active: Active; context: Context }> {
  const active = await cli.resolve();
  const context = requireContext(active);
  checkEndpointPin(active, context);
  return { active, context };
}

/**
 * For a context that this command would make the active one.
 *
 * @throws CliError `PIN_MISMATCH`, as every command here would fail then.
 */
export async function checkPins(cli: Cli, context: Context): Promise<void> {
  const { name } = context;
  const source = sourceOf("flag", "this command");
  const active = { ...(await cli.resolveElsewhere()), name, context, source };
  checkEndpointPin(active, context);
  if (active.project?.organization === undefined || !hasToken(context)) return;
  const organization =
    (await recallIdentity(cli, context))?.organization ??
    (await organizationOf(cli, { context, token: await readToken(cli, context) }));
  checkOrganizationPin(active, organization);
}

/**
 * Asks the server when nobody has seen the organization yet, unless the token is kept in another store: none is opened for
 * this. Undefined when the server does not say.
 */
export async function findOrganization(cli: Cli, context: Context): Promise<string | undefined> {
  const token = plainTokenOf(context);
  if (!token) return (await recallIdentity(cli, context))?.organization ?? undefined;
  try {
    return (await organizationOf(cli, { context, token })) ?? undefined;
  } catch (error) {
    cli.output.debug(requireExpected(error).message);
    return undefined;
  }
}

async function organizationOf(cli: Asker, credential: Credential): Promise<string | null> {
  const known = (await recallIdentity(cli, credential.context))?.organization;
  return known ?? (await verifyIdentity(cli, credential, { create: true })).organization;
}
