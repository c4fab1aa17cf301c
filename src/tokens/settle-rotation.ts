import { identify } from "../cloud/identify.ts";
import type { Client } from "../cloud/client.ts";
import { effectOf, isProof, isProofOfRejection } from "../cloud/refusal.ts";
import { createToken, deleteToken, listTokens } from "../cloud/tokens.ts";
import { contextsUsing, replaceToken } from "./replace-token.ts";
import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { failure, findObjection, type Work } from "./find-objection.ts";
import { isUnknownToken, noteLostToken } from "./lost-tokens.ts";
import { rememberDeleted } from "./revoke.ts";
import { dropRotation, noteRotation, type Rotation, type Successor } from "./rotation-journal.ts";

/** `undone`: the old token is back, the new one is deleted. `dead`: the server accepts neither. */
type Ending =
  | { kind: "done"; contexts: string[]; oldStillWorks: boolean }
  | { kind: "undone" | "dead"; reason: CliError };

type Held = Rotation["old"] | Successor;

/**
 * Takes one rotation from what its journal says to its end. This process can die at any step, and an earlier one may
 * have taken any step already, so every step looks at the server and at the contexts file before it acts. The old token
 * is deleted only after the new one was seen to work and to be in the file. An answer that is no proof, and a request
 * without an answer, leave the journal as it is.
 */
export async function settle(work: Work): Promise<Ending> {
  const { is_taken_back, successor, wanted } = work.rotation;
  if (successor && is_taken_back)
    return takeBack(work, successor, failure("the new API token was not taken"));
  if (successor) return finish(work, successor);
  try {
    if (await deleteUnknownSuccessor(work))
      return end(work, { kind: "undone", reason: failure("it ended before there was a new token") });
  } catch (error) {
    // A rejected token can never read the list again.
    if (!isProofOfRejection(error)) throw error;
    noteLostToken(work.cli.store.paths.own, work.rotation);
    return end(work, { kind: "dead", reason: error });
  }
  const isNoted = noteLostToken(work.cli.store.paths.own, work.rotation);
  const later = isNoted ? "the next rotations look for it" : `\`bentocloud api-token delete ${wanted.name}\``;
  const reason = failure(`the server has created no "${wanted.name}"; if it still does: ${later}`);
  return end(work, { kind: "undone", reason });
}

/** Writes to the journal what it is about to do, asks the server for the new token, and writes that down first of all. */
export async function begin(work: Work): Promise<Rotation> {
  const { own } = work.cli.store.paths;
  const { rotation } = work;
  const { name, description, scopes, expires_at } = rotation.wanted;
  const expiry = expires_at !== null && { expiresAt: new Date(expires_at) };
  const client = await clientFor(work, rotation.old.token);
  noteRotation(own, rotation);
  const created = await createToken(client, { name, description, scopes, ...expiry }).catch(
    async (error: unknown) => {
      if (await isWithoutEffect(work, error)) dropRotation(own, rotation);
      throw error;
    },
  );
  const begun = { ...rotation, successor: { uid: created.uid, token: created.secret.reveal() } };
  try {
    noteRotation(own, begun);
    return begun;
  } catch (error) {
    // If this fails too, the next rotation finds the new token by what the journal says was asked for.
    await deleteToken(client, created.uid).catch(() => {});
    throw error;
  }
}

/** Whether there is no new token after the request for it failed, and none can appear any more. */
async function isWithoutEffect(work: Work, error: unknown): Promise<boolean> {
  const effect = effectOf(error);
  if (effect === "none") return true;
  try {
    return (await deleteUnknownSuccessor(work)) || effect === "look";
  } catch (failure) {
    return isProofOfRejection(error) && isProofOfRejection(failure);
  }
}

/** Deletes a new token whose secret nobody learned. */
async function deleteUnknownSuccessor(work: Work): Promise<boolean> {
  const { old, wanted } = work.rotation;
  const client = await clientFor(work, old.token);
  const unknown = (await listTokens(client)).find((token) => isUnknownToken(token, wanted));
  if (unknown) await deleteToken(client, unknown.uid);
  return unknown !== undefined;
}

async function finish(work: Work, successor: Successor): Promise<Ending> {
  const { old } = work.rotation;
  const client = await clientFor(work, successor.token);
  const objection = await findObjection(work, { client, successor });
  if (objection) return takeBack(work, successor, objection);
  await replaceInFile(work, old, successor);
  const contexts = await contextsWith(work, successor, work.rotation.printed_as);
  if (contexts.length === 0)
    return takeBack(work, successor, failure(`no context holds the API token "${old.name}" any more`));
  await deleteToken(client, old.uid);
  // While the server deleted it, another program may have written the old token back.
  if ((await contextsWith(work, old)).length > 0) await replaceInFile(work, old, successor);
  // Only for the report: a server that does not answer now does not fail the rotation.
  const answer = await (
    await clientFor(work, old.token)
  )
    .get("/api/v1/auth/current", { once: true })
    .catch(() => undefined);
  const oldStillWorks = answer !== undefined && answer.status < 300;
  if (!oldStillWorks) await rememberDeleted(work.cli, new Token(old.token), { create: true });
  return end(work, { kind: "done", contexts, oldStillWorks });
}

const MAX_REPLACEMENTS = 3;

/** Python bentoml may write back what it read before, so this is repeated until no context has the token any more. */
async function replaceInFile(work: Work, from: Held, to: Held): Promise<void> {
  const { cli, rotation } = work;
  const { endpoint, identity, wanted } = rotation;
  const seen = {
    email: identity.email,
    organization: identity.organization,
    time: cli.now(),
    token_uid: to.uid,
    ...(to !== rotation.old && { expires_at: wanted.expires_at }),
  };
  const tokens = { from: new Token(from.token), to: new Token(to.token) };
  const printedAs = rotation.printed_as ?? null;
  for (let count = 0; count < MAX_REPLACEMENTS; count += 1) {
    await replaceToken(cli, { endpoint, ...tokens, identity: seen, printedAs });
    if ((await contextsWith(work, from)).length === 0) return;
  }
  throw new CliError("LOCKED", "another program keeps writing the old API token back");
}

async function contextsWith(
  { cli, rotation }: Work,
  { token }: Held,
  printedAs?: Rotation["printed_as"],
): Promise<string[]> {
  const use = { endpoint: rotation.endpoint, token: new Token(token), printedAs };
  return contextsUsing(cli.store, await cli.store.read(), use).map(({ name }) => name);
}

/** Puts the old token back into the file, if it still works, and deletes the new one on the server. */
async function takeBack(work: Work, successor: Successor, reason: CliError): Promise<Ending> {
  const { cli, rotation } = work;
  const { old } = rotation;
  const client = await clientFor(work, old.token);
  const { error } = await identify(client);
  if (error && !isProof(error)) throw error;
  if (!isProofOfRejection(error)) {
    // The server may delete the new token later than it seems, so from here on nothing may rely on it.
    noteRotation(cli.store.paths.own, { ...rotation, is_taken_back: true });
    await replaceInFile(work, successor, old);
    await deleteToken(client, successor.uid);
    return end(work, { kind: "undone", reason });
  }
  // The old token is gone, so only the new one, which works and is in no context, can delete itself.
  if (!isProofOfRejection(reason) && (await contextsWith(work, successor)).length === 0)
    await deleteToken(await clientFor(work, successor.token), successor.uid, { isOwn: true });
  return end(work, { kind: "dead", reason: error });
}

function end({ cli, rotation }: Work, ending: Ending): Ending {
  dropRotation(cli.store.paths.own, rotation);
  return ending;
}

async function clientFor({ cli, rotation }: Work, token: string): Promise<Client> {
  return cli.client({ endpoint: rotation.endpoint, token: new Token(token) });
}
