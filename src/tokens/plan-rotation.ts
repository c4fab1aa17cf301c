import type { ApiToken } from "../cloud/api-token.ts";
import { requireStored } from "../store/manage.ts";
import { listTokens } from "../cloud/tokens.ts";
import { parseEndpoint } from "../contexts/endpoint.ts";
import { quoteWord, requireToken } from "../resolve/require.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { type Credential, findIdentityMismatch, identifyLogin } from "../auth/identity.ts";
import { openSession } from "../auth/session.ts";
import { nameSuccessor } from "./fields.ts";
import { findListed, noSuchToken } from "./list.ts";
import { matchTokens, type TokenMatch } from "./match.ts";
import type { Rotation } from "./rotation-journal.ts";

export interface RotateOptions {
  /** The stored context; the active one when not given. */
  name: string | undefined;
  /** The uid or name of the context's token, for when that cannot be told. */
  old: string | undefined;
  /** When not given, the new token lives as long as the old one was given. */
  expiresAt: Date | undefined;
  /** Protected contexts whose token may be replaced. */
  yes: readonly string[];
  insecureHttp: boolean;
}

export async function chooseTarget(cli: Cli, { name, insecureHttp }: RotateOptions): Promise<Credential> {
  if (name !== undefined) {
    if (cli.flags.context !== undefined && cli.flags.context !== name)
      throw usageError("--context names another context than the one to rotate");
    const context = await requireStored(cli.store, name);
    return { context, token: requireToken(context) };
  }
  if ((await cli.resolve()).source.kind !== "env_key") return openSession(cli, { insecureHttp });
  throw usageError(
    "the API token in BENTO_CLOUD_API_KEY cannot be replaced from here",
    "`bentocloud api-token create` makes another one to put there; `bentocloud api-token rotate NAME` is for a context",
  );
}

/** Sends only requests that change nothing. */
export async function planRotation(
  cli: Cli,
  target: Credential,
  { old: word, insecureHttp, ...options }: RotateOptions,
): Promise<Rotation> {
  const { context, token } = target;
  const client = await cli.client({ endpoint: context.endpoint, token, insecureHttp });
  const [{ verdict, email, organization, error }, listed] = await Promise.all([
    identifyLogin(cli, target, { insecureHttp }),
    listTokens(client),
  ]);
  if (error && verdict !== "forbidden") throw error;
  const mismatch = await findIdentityMismatch(cli, context.name, { email, organization });
  if (mismatch) throw mismatch;
  const old = chooseOld(listed, { target, word, match: await matchTokens(cli, context, listed) });
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

/** As long from now as the old token was given when it was created; its own end when that is not known. */
function endOfSuccessor({ createdAt, expiresAt }: ApiToken, now: Date): Date | null {
  if (!expiresAt || !createdAt) return expiresAt;
  const lifetime = Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000) * 1000;
  return new Date(now.getTime() + lifetime);
}

/** Yatai fails on many requests of a token that was made with `scopes: null`, and would on those of its successor. */
function requireScopes({ uid, name, scopes }: ApiToken): string[] {
  if (scopes) return scopes;
  throw new CliError("FAILURE", `the API token "${name}" was made without scopes`, {
    hint: `give it some first: \`bentocloud api-token update ${quoteWord(uid)} --scope api\``,
  });
}

const MAX_PROPOSED = 5;

/** A wrong choice would delete somebody's token, so it is the one that is known, or one that the user named. */
function chooseOld(
  listed: readonly ApiToken[],
  { target, word, match }: { target: Credential; word: string | undefined; match: TokenMatch },
): ApiToken {
  const { context, token } = target;
  const canBe = (one: ApiToken) => match.canBe(one, token);
  if (word === undefined) {
    const own = match.find(token);
    if (own) return own;
    const candidates = listed.filter(canBe).slice(0, MAX_PROPOSED);
    const names = candidates.map(({ uid, name }) => `${uid} (${name})`).join(", ");
    throw usageError(
      `cannot tell which API token the context "${context.name}" holds`,
      `say it with --old UID${names === "" ? "" : `: ${names}`}`,
    );
  }
  const named = findListed(listed, word);
  if (!named) throw noSuchToken(word);
  if (canBe(named)) return named;
  throw usageError(`"${named.name}" is not the API token that the context "${context.name}" holds`);
}
