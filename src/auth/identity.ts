import type { Identification } from "../cloud/identify.ts";
import { type Context, findContext, loginKey } from "../contexts/context.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import type { Token } from "../contexts/token.ts";
import type { Active } from "../resolve/active.ts";
import { checkOrganizationPin } from "../resolve/pins.ts";
import type { Identity, Sighting } from "../store/state.ts";
import { CliError, requireExpected } from "../errors.ts";
import type { Cli } from "../app.ts";

/** What asking the server needs. The command line has it, and so has a program that uses the library. */
export type Asker = Pick<Cli, "client" | "store" | "now">;

export interface Credential {
  context: Context;
  token: Token;
  /** For the active context: how it was chosen, with the pins of the project. */
  active?: Active;
}

export type Person = Pick<Identity, "email" | "organization">;

/** Asks the server whose login this is. One that cannot even be sent gets a verdict too. */
export async function identifyLogin(
  cli: Asker,
  { context: { endpoint }, token }: Credential,
): Promise<Identification> {
  const { identify, failed } = await import("../cloud/identify.ts");
  return cli
    .client({ endpoint, token })
    .then(identify)
    .catch((error: unknown) => failed(requireExpected(error)));
}

/**
 * Asks the server whose login this is, and remembers the answer.
 *
 * @throws CliError when the server refuses the token, or when it is not of the organization that the project pins, or
 * not of the user and organization that the context is expected to have.
 */
export async function verifyIdentity(
  cli: Asker,
  credential: Credential,
  { create = false } = {},
): Promise<Identification> {
  const { active, context } = credential;
  const identification = await identifyLogin(cli, credential);
  const { email, organization, error } = identification;
  if (error) throw error;
  if (active) checkOrganizationPin(active, organization);
  const mismatch = await findIdentityMismatch(cli, context.name, identification);
  if (mismatch) throw mismatch;
  await rememberSightings(cli, [{ context, email, organization, time: cli.now() }], { create });
  return identification;
}

/**
 * A context belongs to the user and organization that it was last seen with. A token that another program put under its
 * name can be somebody else's, and then the name no longer means what its user thinks. Nothing is concluded from what
 * either side does not say.
 */
export async function findIdentityMismatch(
  { store }: Pick<Cli, "store">,
  name: string,
  seen: Person,
): Promise<CliError | undefined> {
  if (name === ENVIRONMENT_NAME) return undefined;
  const { expectedIdentity } = await import("../store/state.ts");
  const expected = expectedIdentity(await store.state(), name);
  const differs = (key: keyof Person) =>
    expected?.[key] != null && seen[key] !== null && expected[key] !== seen[key];
  if (!expected || !(differs("email") || differs("organization"))) return undefined;
  const [then, now] = [describePerson(expected), describePerson(seen)];
  return new CliError(
    "PIN_MISMATCH",
    `the context "${name}" was signed in to as ${then}, but its API token is now of ${now}`,
  );
}

export function describePerson({ email, organization }: Person): string {
  return [email ?? "somebody", organization].filter((part) => part !== null).join(" in ");
}

/**
 * The environment's credential is remembered nowhere: using it reads no file, writes none, and needs no home. So the store,
 * which needs one, is asked for late.
 */
export async function recallIdentity(asker: Asker, context: Context): Promise<Identity | undefined> {
  if (context.name === ENVIRONMENT_NAME) return undefined;
  const { recall } = await import("../store/state.ts");
  return recall(await asker.store.state(), context);
}

/** Without `create` nothing is written where we have no memory yet: looking at Python's login leaves no file behind. */
export async function rememberSightings(
  asker: Asker,
  sightings: readonly Sighting[],
  { create = false } = {},
): Promise<void> {
  const stored = sightings.filter(({ context }) => context.name !== ENVIRONMENT_NAME);
  if (stored.length === 0) return;
  const { remember } = await import("../store/state.ts");
  await asker.store.updateState(
    (state, { contexts }) => {
      // While the server was asked, another process may have saved another login under the name.
      const present = stored.filter(({ context }) => {
        const found = findContext(contexts, context.name);
        return found !== undefined && loginKey(found) === loginKey(context);
      });
      return present.reduce(remember, state);
    },
    { create },
  );
}
