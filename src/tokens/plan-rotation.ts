import type { ApiToken } from "../cloud/api-token.ts";
import type { Client } from "../cloud/client.ts";
import { isProof } from "../cloud/refusal.ts";
import { requireStored } from "../store/manage-contexts.ts";
import { listTokens } from "../cloud/tokens.ts";
import { type Context, isKeptElsewhere, referenceOf } from "../contexts/context.ts";
import type { SecretRecord } from "../secrets/records.ts";
import { describePlace } from "../secrets/secret-store.ts";
import { parseEndpoint } from "../contexts/endpoint.ts";
import { Token } from "../contexts/token.ts";
import { repeatContext } from "../resolve/require.ts";
import { quoteWord } from "../system/text.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { type Credential, findIdentityMismatch, identifyLogin } from "../auth/identity.ts";
import { readToken, requireRecord } from "../auth/read-token.ts";
import { openOffline, openSession } from "../auth/session.ts";
import type { DeliverCommand } from "./deliver.ts";
import { nameSuccessor } from "./fields.ts";
import { describeCandidates, findOwn, type Listing } from "./find-own.ts";
import { findListed, noSuchToken } from "./list.ts";
import { serverTime } from "./lost-tokens.ts";
import { matchTokens } from "./match.ts";
import { readRotations, type Rotation } from "./rotation-journal.ts";

export interface RotateOptions {
  /** The stored context; the active one when not given. */
  name?: string | undefined;
  /** The uid or name of the context's token, for when that cannot be told. */
  old?: string | undefined;
  /** When not given, the new token lives as long as the old one was given. */
  expiresAt?: Date | undefined;
  /** The command that gets the new token on its standard input. */
  deliver?: DeliverCommand | undefined;
}

export async function chooseTarget(cli: Cli, { name, deliver }: RotateOptions): Promise<Credential> {
  const context = name === undefined ? await activeContext(cli) : await requireStored(cli.store, name);
  // What was interrupted may have left the command with no token to print. Without a delivery it is taken back.
  const begun = readRotations(cli.store.paths.own).find(
    ({ printed_as }) => printed_as && printed_as === referenceOf(context),
  );
  if (begun) return { context, token: new Token(begun.old.token) };
  await requireDelivery(cli, context, deliver);
  return name === undefined ? openSession(cli) : { context, token: await readToken(cli, context) };
}

async function activeContext(cli: Cli): Promise<Context> {
  const { source } = await cli.resolve();
  if (source.kind !== "env_key") return (await openOffline(cli)).context;
  throw usageError(
    `the API token in ${source.name} cannot be replaced from here`,
    "`bentocloud api-token create` makes another one to put there; `bentocloud api-token rotate NAME` is for a context",
  );
}

/**
 * The command that prints the token of a context does not store a new one: another command must. Gives the record of such a
 * context.
 */
async function requireDelivery(
  cli: Cli,
  context: Context,
  deliver: DeliverCommand | undefined,
): Promise<SecretRecord | undefined> {
  const record = isKeptElsewhere(context) ? await requireRecord(cli, context) : undefined;
  if (record?.place.kind !== "command") return undefined;
  if (deliver) return record;
  const program = describePlace(record.place);
  throw usageError(
    `the API token of "${context.name}" comes from ${program}, which cannot be given a new one`,
    `\`bentocloud api-token rotate ${quoteWord(context.name)} --deliver -- COMMAND\` gives the new one to a COMMAND ` +
      `that stores its standard input where ${program} finds it`,
  );
}

/** Sends only requests that change nothing. */
export async function planRotation(
  cli: Cli,
  target: Credential,
  { old: word, ...options }: RotateOptions,
): Promise<Rotation> {
  const { context, token } = target;
  const printedBy = await requireDelivery(cli, context, options.deliver);
  const client = await cli.client({ endpoint: context.endpoint, token });
  const [{ verdict, email, organization, error }, listed] = await Promise.all([
    identifyLogin(cli, target),
    listTokens(client),
  ]);
  if (error && verdict !== "forbidden") throw error;
  const mismatch = await findIdentityMismatch(cli, context.name, { email, organization });
  if (mismatch) throw mismatch;
  const match = await matchTokens(cli, target, listed);
  const old = await chooseOld(cli, client, { listed, target, word, match });
  const scopes = requireScopes(old, context);
  // The new token is compared with what is known of the old one.
  if (error && !isProof(error)) throw error;
  const expiresAt = options.expiresAt ?? endOfSuccessor(old, cli.now());
  if (expiresAt && expiresAt <= cli.now())
    throw usageError(
      `the API token "${old.name}" has expired`,
      "give the next one a life of its own with --expires",
    );
  return {
    id: crypto.randomUUID(),
    endpoint: parseEndpoint(context.endpoint),
    started_at: cli.now().toISOString(),
    planned_at: serverTime(listed)?.toISOString() ?? null,
    identity: { verdict, email, organization },
    old: { uid: old.uid, name: old.name, token: token.reveal() },
    wanted: {
      name: nameSuccessor(old.name, new Set(listed.map(({ name }) => name))),
      description: old.description,
      scopes,
      expires_at: expiresAt?.toISOString() ?? null,
      flags: old.flags,
    },
    successor: null,
    printed_as: printedBy?.id ?? null,
    ...(options.deliver && { delivery: "open" }),
  };
}

/** As long from now as the old token was given when it was created; its own end when that is not known. */
function endOfSuccessor({ createdAt, expiresAt }: ApiToken, now: Date): Date | null {
  if (!expiresAt || !createdAt) return expiresAt;
  const lifetime = Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000) * 1000;
  return new Date(now.getTime() + lifetime);
}

/** Yatai fails on many requests of a token that was made with `scopes: null`, and would on those of its successor. */
function requireScopes({ uid, name, scopes }: ApiToken, { name: context }: Context): string[] {
  if (scopes) return scopes;
  throw new CliError("FAILURE", `the API token "${name}" was made without scopes`, {
    hint: `give it some first: \`bentocloud api-token update ${quoteWord(uid)} --scope api${repeatContext({ context })}\``,
  });
}

/** A wrong choice would delete somebody's token, so it is the one that is known, or one that the user named. */
async function chooseOld(
  cli: Cli,
  client: Client,
  { listed, target, word, match }: Listing & { target: Credential; word: string | undefined },
): Promise<ApiToken> {
  const { context, token } = target;
  const { own, candidates } = await findOwn(client, { listed, match, token });
  if (word !== undefined) {
    const named = findListed(listed, word);
    if (!named) throw noSuchToken(word, listed);
    if (candidates.includes(named)) return named;
    throw usageError(`"${named.name}" is not the API token that the context "${context.name}" holds`);
  }
  if (own) return own;
  throw usageError(
    `cannot tell which API token the context "${context.name}" holds`,
    `say it with --old UID${candidates.length === 0 ? "" : `: ${describeCandidates(candidates, cli)}`}`,
  );
}
