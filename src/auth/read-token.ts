import {
  type Context,
  findContext,
  isKeptElsewhere,
  loginKey,
  plainTokenOf,
  referenceOf,
} from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { Token } from "../contexts/token.ts";
import { CliError, withHint } from "../errors.ts";
import { loginCommand, requireLogin } from "../resolve/require.ts";
import { hasRecords } from "../secrets/has-records.ts";
import type { SecretRecord } from "../secrets/records.ts";
import type { Cli } from "../app.ts";

/** What reading a token needs. The command line has it, and so has a program that uses the library. */
export type TokenReader = Pick<Cli, "store" | "openStore" | "signal" | "alert">;

/**
 * The API token of a context, from wherever it is kept. This is the only function that gives a token to use, so that a
 * reference is never taken for one.
 *
 * @throws CliError when there is no token, when its store cannot be used, and `HOST_MISMATCH` when it is another endpoint's
 */
export function readToken(
  cli: TokenReader,
  context: Context,
  /** Fresh: also where this run has read it before. */
  { isFresh = false } = {},
): Promise<Token> {
  const known = isFresh ? undefined : tokens.get(context);
  const token = known ?? readOnce(cli, context);
  tokens.set(context, token);
  return token;
}

/** A command that asks for a fingerprint is run once, however often the token is needed. */
const tokens = new WeakMap<Context, Promise<Token>>();

async function readOnce(cli: TokenReader, context: Context): Promise<Token> {
  requireLogin(context);
  const plain = plainTokenOf(context);
  const isStored = context.name !== ENVIRONMENT_NAME;
  if (isStored && hasRecords(cli.store.paths.own))
    await (await import("./end-earlier-changes.ts")).endEarlierChanges(cli);
  if (plain) return plain;
  try {
    return await readKept(cli, context);
  } catch (error) {
    // Another process may have moved or rotated the token since the contexts file was read.
    const isMissing = error instanceof CliError && error.code === "SECRET_MISSING";
    const now = isMissing ? findContext((await cli.store.read()).contexts, context.name) : undefined;
    if (!now || loginKey(now) === loginKey(context) || !isSameEndpoint(now.endpoint, context.endpoint))
      throw error;
    return readToken(cli, now);
  }
}

async function readKept(cli: TokenReader, context: Context): Promise<Token> {
  const record = await requireRecord(cli, context);
  const { tokenFingerprint } = await import("../secrets/records.ts");
  const store = await cli.openStore(record.place);
  const token = new Token(
    await store.get(record).catch((error: unknown) => {
      throw adviseFor(context, error);
    }),
  );
  if (record.fingerprint === null || record.fingerprint === tokenFingerprint(token)) return token;
  const { describePlace } = await import("../secrets/secret-store.ts");
  throw new CliError(
    "SECRET_MISSING",
    `${describePlace(record.place)} holds another text than the API token that was put there for "${context.name}"`,
    { hint: loginCommand(context.name) },
  );
}

/**
 * What the reference of a context means. It is bound to the endpoint and the contexts file that it was made for: an
 * edited endpoint, or a copy of the file, must not choose where the token is sent.
 */
export async function requireRecord({ store }: TokenReader, context: Context): Promise<SecretRecord> {
  const { findRecord } = await import("../secrets/records.ts");
  const hint = loginCommand(context.name);
  const record = isKeptElsewhere(context) ? findRecord(store.paths, referenceOf(context)) : undefined;
  if (!record)
    throw new CliError(
      "SECRET_MISSING",
      `nothing is known of where the API token of "${context.name}" is kept: its entry was copied, restored, or made on another machine`,
      { hint },
    );
  if (isSameEndpoint(record.endpoint, context.endpoint)) return record;
  throw new CliError(
    "HOST_MISMATCH",
    `the API token of "${context.name}" is kept for ${record.endpoint}, but the entry says ${context.endpoint}`,
    { hint: `correct the endpoint in ${store.paths.file}, or sign in again: ${hint}` },
  );
}

function adviseFor({ name }: Context, error: unknown): unknown {
  if (!(error instanceof CliError) || error.code === "CANCELLED") return error;
  const again = error.code === "SECRET_MISSING" ? "" : "once that works, run this again; or sign in again: ";
  const hint = error.hint ?? `${again}${loginCommand(name)}`;
  return withHint(error, hint, `cannot read the API token of "${name}": ${error.message}`);
}
