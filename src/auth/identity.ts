import { type Context, usableTokenOf } from "../contexts/context.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { quoteWord } from "../resolve/require.ts";
import { fingerprintOf, type Identity, recallOwner, toIdentity } from "../store/state.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { identifySession, type Opener, rememberIdentities } from "./session.ts";

type Owner = Pick<Identity, "email" | "organization">;

/**
 * A context is somebody's in some organization: whoever it was last seen to be of. A token that another program put
 * under its name can be of somebody else, and then the name does not mean any more what its user thinks it means. What
 * either side does not say is no difference.
 */
export async function checkOwner(cli: Opener, { name }: Context, seen: Owner): Promise<void> {
  const error = await findStranger(cli, name, seen);
  if (error) throw error;
}

/** The same error, for whom it is a finding. */
export async function findStranger(cli: Opener, name: string, seen: Owner): Promise<CliError | undefined> {
  const owner = name === ENVIRONMENT_NAME ? undefined : recallOwner(await cli.store.state(), name);
  if (!owner || (isSame(owner.email, seen.email) && isSame(owner.organization, seen.organization)))
    return undefined;
  return new CliError(
    "PIN_MISMATCH",
    `the context "${name}" was signed in to as ${describe(owner)}, but its API token is now of ${describe(seen)}`,
    { hint: `if that is right, sign in once more: bentocloud login --context=${quoteWord(name)}` },
  );
}

/** Long enough for a server that answers, short enough for a switch without a network. */
const PATIENCE_MS = 5_000;

/** Asks whose token it is, if another program put it there since the context was last seen; nothing otherwise. */
export async function checkNewToken(cli: Cli, context: Context): Promise<void> {
  const token = usableTokenOf(context);
  const owner = recallOwner(await cli.store.state(), context.name);
  if (!token || !owner || owner.fingerprint === fingerprintOf(context)) return;
  await checkOwner(cli, context, { email: context.email, organization: null });
  const identification = await identifySession(
    cli,
    { context, token },
    { insecureHttp: false, timeoutMs: PATIENCE_MS },
  ).catch((error: unknown) => {
    if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
    return { email: null, organization: null, error };
  });
  await checkOwner(cli, context, identification);
  if (identification.error) {
    cli.output.warn(
      `whose API token "${context.name}" has now is not known: ${identification.error.message}`,
    );
    return;
  }
  await rememberIdentities(cli, [toIdentity(context, identification, cli.now())]);
}

function isSame(before: string | null, now: string | null): boolean {
  return before === null || now === null || before === now;
}

function describe({ email, organization }: Owner): string {
  return [email ?? "somebody", organization].filter((part) => part !== null).join(" in ");
}
