import type { ApiToken } from "../cloud/api-token.ts";
import { identify } from "../cloud/auth.ts";
import { listTokens } from "../cloud/tokens.ts";
import type { Context } from "../contexts/context.ts";
import { requireStored } from "../store/manage.ts";
import { parseEndpoint } from "../contexts/endpoint.ts";
import { quoteWord, requireToken } from "../resolve/require.ts";
import type { Rotation } from "./journal.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { openSession } from "../auth/session.ts";
import { nameSuccessor } from "./fields.ts";
import { findListed, noSuchToken } from "./open.ts";
import { canBeOwn, findOwn, type KnownUids, knownUids } from "./own.ts";

export interface RotateOptions {
  /** The stored context; the active one when not given. */
  name: string | undefined;
  /** The uid or name of the token it holds, for when that cannot be told. */
  old: string | undefined;
  /** As long as the old one has left when not given. */
  expiresAt: Date | undefined;
  insecureHttp: boolean;
}

export interface Target {
  context: Context;
  token: Token;
}

export async function chooseTarget(cli: Cli, { name, insecureHttp }: RotateOptions): Promise<Target> {
  if (name !== undefined) {
    if (cli.flags.context !== undefined && cli.flags.context !== name)
      throw usageError("--context names another context than the one to rotate");
    const context = await requireStored(cli.store, name);
    return { context, token: requireToken(context) };
  }
  if ((await cli.resolve()).source.kind === "env_key") {
    throw usageError(
      "the API token in BENTO_CLOUD_API_KEY cannot be replaced from here",
      "`bentocloud api-token create` makes another one to put there; `bentocloud api-token rotate NAME` is for a context",
    );
  }
  return openSession(cli, { insecureHttp });
}

export async function plan(cli: Cli, target: Target, options: RotateOptions): Promise<Rotation> {
  const { context, token } = target;
  const client = await cli.client({
    endpoint: context.endpoint,
    token,
    insecureHttp: options.insecureHttp,
  });
  const [{ verdict, email, organization, error }, listed] = await Promise.all([
    identify(client),
    listTokens(client),
  ]);
  if (error && verdict !== "forbidden") throw error;
  const old = chooseOld(listed, {
    target,
    word: options.old,
    known: await knownUids(cli, context.endpoint),
  });
  const expiresAt = options.expiresAt ?? endOfSuccessor(old, cli.now());
  if (expiresAt && expiresAt <= cli.now())
    throw usageError(
      `the API token "${old.name}" is at its end`,
      "say with --expires how long the next one lives",
    );
  return {
    id: crypto.randomUUID(),
    endpoint: parseEndpoint(context.endpoint),
    started_at: cli.now().toISOString(),
    identity: { verdict, email, organization },
    old: { uid: old.uid, name: old.name, token: token.reveal() },
    wanted: {
      name: nameSuccessor(old.name, new Set(listed.map(({ name }) => name))),
      description: old.description,
      scopes: requireScopes(old),
      expires_at: expiresAt?.toISOString() ?? null,
      flags: old.flags,
    },
    successor: null,
  };
}

/** As long from now as the old one was given when it was made, to the second; its own end where that is not known. */
function endOfSuccessor({ createdAt, expiresAt }: ApiToken, now: Date): Date | null {
  if (!expiresAt || !createdAt) return expiresAt;
  const lifetime = Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000) * 1000;
  return new Date(now.getTime() + lifetime);
}

/** A token made with `scopes: null` works only half on Yatai, and its successor would do no better. */
function requireScopes({ uid, name, scopes }: ApiToken): string[] {
  if (scopes) return scopes;
  throw new CliError("FAILURE", `the API token "${name}" was made without scopes`, {
    hint: `give it some first: \`bentocloud api-token update ${quoteWord(uid)} --scope api\``,
  });
}

interface Evidence {
  target: Target;
  word: string | undefined;
  known: KnownUids;
}

/** The wrong one would be deleted in the end, so it is the one that is known, or the one that was named. */
function chooseOld(listed: readonly ApiToken[], { target, word, known }: Evidence): ApiToken {
  const { context, token } = target;
  const own = findOwn(listed, token, known);
  const canBe = (one: ApiToken) => canBeOwn(one, { listed, token, known });
  if (word === undefined) {
    if (own) return own;
    const names = listed
      .filter(canBe)
      .slice(0, 5)
      .map(({ uid, name }) => `${uid} (${name})`);
    throw usageError(
      `cannot tell which API token the context "${context.name}" holds`,
      `say it with --old UID${names.length > 0 ? `: ${names.join(", ")}` : ""}`,
    );
  }
  const named = findListed(listed, word);
  if (!named) throw noSuchToken(word);
  if (!canBe(named))
    throw usageError(`"${named.name}" is not the API token that the context "${context.name}" holds`);
  return named;
}
