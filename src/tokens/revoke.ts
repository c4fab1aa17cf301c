import type { ApiToken } from "../cloud/api-token.ts";
import { identify } from "../cloud/identify.ts";
import { isProofOfRejection } from "../cloud/refusal.ts";
import { deleteToken, listTokens } from "../cloud/tokens.ts";
import { tokenOf } from "../contexts/context.ts";
import { tokensPage } from "../contexts/endpoint.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, requireCliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { environmentCredential, keyVariable } from "../resolve/environment.ts";
import type { Environment } from "../system/runtime.ts";
import type { Credential } from "../auth/identity.ts";
import { matchTokens } from "./match.ts";
import { describeCandidates, findOwn } from "./find-own.ts";

/** A token that was deleted, or the proof that the server had stopped accepting it before. */
type Revoked = { deleted: ApiToken } | { rejection: CliError };

/**
 * Has a token delete itself on the server. The server never says which of its tokens has which secret, so the proof is
 * that it no longer accepts this one.
 *
 * @throws CliError when the token may still work.
 */
export async function revokeToken(cli: Cli, { context, token }: Credential): Promise<Revoked> {
  const client = await cli.client({ endpoint: context.endpoint, token });
  const create = context.name !== ENVIRONMENT_NAME;
  let begun: ApiToken | undefined;
  try {
    const listed = await listTokens(client);
    const match = await matchTokens(cli, { context, token }, listed);
    const { own, candidates } = await findOwn(client, { listed, match, token });
    if (!own)
      throw new CliError("FAILURE", `${client.endpoint} does not say which of its API tokens this is`, {
        hint: `delete it at ${tokensPage(client.endpoint)}${candidates.length === 0 ? "" : `: ${describeCandidates(candidates, cli)}`}`,
      });
    begun = own;
    await deleteToken(client, own.uid, { isOwn: true });
    const { error, verdict } = await identify(client);
    if (isProofOfRejection(error)) {
      await rememberDeleted(cli, token, { create });
      return { deleted: own };
    }
    const works = verdict === "valid" || verdict === "forbidden";
    const but = works ? "still accepts it" : `nothing proves that it is gone: ${error?.message}`;
    throw new CliError("FAILURE", `${client.endpoint} deleted "${own.name}" (${own.uid}), but ${but}`, {
      hint: "run the command again",
    });
  } catch (error) {
    if (isProofOfRejection(error)) {
      await rememberDeleted(cli, token, { create });
      return { rejection: error };
    }
    const isCancelled = begun && error instanceof CliError && error.code === "CANCELLED";
    if (!isCancelled) throw error;
    throw new CliError(
      "CANCELLED",
      `cancelled; the API token "${begun?.name}" may be deleted, and the rest is as it was`,
    );
  }
}

/** For `restore`, which says of each version what can no longer sign in. */
export async function rememberDeleted(
  { store }: Pick<Cli, "store">,
  token: Token,
  options: { create: boolean },
): Promise<void> {
  const { noteDeleted } = await import("../store/state.ts");
  await store.updateState((state) => noteDeleted(state, token), options);
}

/** A variable cannot be unset from here. */
export function warnIfInEnvironment({ env, output }: Cli, token: Token): void {
  if (environmentLogin(env)?.token.reveal() === token.reveal())
    output.warn(`${keyVariable(env)} holds that API token, which no longer works`);
}

/** Undefined also where the variables cannot be used. */
export function environmentLogin(env: Environment): Credential | undefined {
  try {
    const context = environmentCredential(env);
    const token = context && tokenOf(context);
    return token && { context, token };
  } catch (error) {
    return void requireCliError(error);
  }
}
