import type { ApiToken } from "../cloud/api-token.ts";
import { findCreatedWith } from "../cloud/created-with.ts";
import { isProofOfRejection } from "../cloud/refusal.ts";
import { deleteToken, listTokens } from "../cloud/tokens.ts";
import { tokensPage } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { readRegularFile } from "../system/read-file.ts";
import { holdsRecord, holdsToken } from "./holds-token.ts";

/** Longer than any approval takes: an older token was not made for this sign-in. */
const MADE_WITHIN_MS = 20 * 60_000;
/** The person who waits for it has just pressed Ctrl-C, or sees an error. */
const PATIENCE_MS = 10_000;

interface Made {
  endpoint: string;
  token: Token;
}

/**
 * Deletes the API token that the browser flow made for a login that is not kept: nobody else has it, and it would stay
 * valid. Where that fails, or where it cannot be told which one it is, the person learns where to delete it.
 */
export async function discardToken(cli: Cli, made: Made): Promise<void> {
  let found: ApiToken | undefined;
  try {
    // Ctrl-C has ended the signal of every other request.
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const client = await cli.client({ ...made, signal });
    found = findMade(await listTokens(client), made.token, cli.now());
    if (await isKept(cli, made.token)) return;
    if (found) {
      await deleteToken(client, found.uid, { isOwn: true });
      return cli.output.info(
        `Deleted the API token "${found.name}", which the browser made for this sign-in`,
      );
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (isProofOfRejection(error)) return;
    cli.output.debug(error.message);
  }
  const name = found ? `"${found.name}" ` : "";
  const which = found ? "it" : "the newest one";
  cli.output.warn(
    `the API token ${name}that the browser made for this sign-in is still valid, and nobody has kept it; ` +
      `delete ${which} at ${tokensPage(made.endpoint)}`,
    { always: true },
  );
}

/** A write can fail after the new file is in its place. @throws CliError when that cannot be told. */
async function isKept({ store }: Cli, token: Token): Promise<boolean> {
  const isHolding = holdsToken(store.paths, token);
  try {
    return (await store.read()).contexts.some(isHolding);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "CORRUPT" || holdsRecord(store.paths, token))
      throw error;
    const text = readRegularFile(store.paths.file)?.bytes.toString("latin1") ?? "";
    // Within single quotes, YAML doubles them.
    if (text.replaceAll("''", "'").includes(token.reveal())) throw error;
    return false;
  }
}

/** Undefined when it may be another token: one that is deleted cannot be restored. */
function findMade(listed: readonly ApiToken[], secret: Token, now: Date): ApiToken | undefined {
  const found = findCreatedWith(listed, secret);
  if (!found?.createdAt) return undefined;
  const age = (found.lastUsedAt ?? now).getTime() - found.createdAt.getTime();
  return age < MADE_WITHIN_MS ? found : undefined;
}
