import { describePerson } from "../auth/identity.ts";
import { readToken } from "../auth/read-token.ts";
import type { Client } from "../cloud/client.ts";
import { identify } from "../cloud/identify.ts";
import { isProof } from "../cloud/refusal.ts";
import { getToken } from "../cloud/tokens.ts";
import { referenceOf } from "../contexts/context.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { deliver, type DeliverCommand } from "./deliver.ts";
import { haveSameItems } from "./lost-tokens.ts";
import type { Rotation, Successor } from "./rotation-journal.ts";

export interface Work {
  cli: Cli;
  rotation: Rotation;
  /** Gets the new token before anything relies on it. */
  command?: DeliverCommand | undefined;
}

/**
 * Why the rotation must be taken back. Where a command prints the token of the context, what it prints decides, and not how
 * the delivery ended: the token that it prints must stay, and while it prints neither, both must.
 */
export async function findObjection(
  { cli, rotation, command }: Work,
  { client, successor }: { client: Client; successor: Successor },
): Promise<CliError | undefined> {
  const refused = await verifySuccessor(rotation, client, successor);
  const objection = refused ?? (await deliver(cli, { ...rotation, successor }, command));
  const id = rotation.printed_as;
  const context = id && (await cli.store.read()).contexts.find((one) => referenceOf(one) === id);
  if (!context) return objection;
  const printed = (await readToken(cli, context, { isFresh: true })).reveal();
  if (printed === rotation.old.token)
    return objection ?? failure(`the command of "${context.name}" still prints the old API token`);
  if (refused) throw refused;
  if (printed === successor.token) return undefined;
  throw failure(`the command of "${context.name}" prints neither the old API token nor the new one`);
}

/** Why the new token cannot replace the old one: it must belong to the same person and have the same rights. */
async function verifySuccessor(
  { identity, wanted }: Rotation,
  client: Client,
  { uid }: Successor,
): Promise<CliError | undefined> {
  const seen = await identify(client);
  if (seen.error && !isProof(seen.error)) throw seen.error;
  const isSame = (["verdict", "email", "organization"] as const).every((key) => seen[key] === identity[key]);
  if (!isSame) return seen.error ?? failure(`the new API token is of ${describePerson(seen)}`);
  const token = await getToken(client, uid);
  if (!token) return undefined;
  const flags = Object.entries(wanted.flags);
  const hasSameFlags = flags.every(([flag, value]) => (token.flags[flag] ?? value) === value);
  if (hasSameFlags && haveSameItems(token.scopes ?? [], wanted.scopes)) return undefined;
  return failure(`${client.endpoint} gives the new API token other rights than the old one has`);
}

export function failure(message: string): CliError {
  return new CliError("FAILURE", message);
}
