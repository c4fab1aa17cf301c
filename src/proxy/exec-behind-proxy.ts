import type { Cli } from "../app.ts";
import { definedVariables, environmentWith } from "../auth/credential-environment.ts";
import type { Credential } from "../auth/identity.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { tokenOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { usageError } from "../errors.ts";
import type { Execution } from "../system/child.ts";
import type { Environment } from "../system/runtime.ts";
import { startProxyFor } from "./start-proxy.ts";

interface Options {
  argv: Execution["argv"];
  isReadOnly: boolean;
  /** Sends an API token that is made for this run alone. */
  lease: { lifeMs: number; scopes: readonly string[] } | undefined;
}

/** Runs a program that uses the login and never gets its API token, and ends the proxy with it. */
export async function execBehindProxy(
  cli: Cli,
  credential: Credential,
  { lease, argv, isReadOnly }: Options,
): Promise<number> {
  const env = await withoutToken(cli, credential, argv);
  const act = (token: Token) => run(cli, { ...credential, token }, { argv, env, isReadOnly });
  if (!lease) return act(credential.token);
  const { withLease } = await import("../tokens/lease.ts");
  return withLease(cli, credential, lease, act);
}

async function run(
  cli: Cli,
  credential: Credential,
  { argv, env: inherited, isReadOnly }: Execution & Pick<Options, "isReadOnly">,
): Promise<number> {
  const { env, output } = cli;
  const proxy = startProxyFor(cli, credential, {
    port: 0,
    isReadOnly,
    hasPage: false,
    log: ({ method, path, status, ms }) =>
      output.debug(`proxy: ${method} ${path} -> ${status} (${Math.round(ms)} ms)`),
  });
  try {
    const login = { BENTO_CLOUD_API_KEY: proxy.key, BENTO_CLOUD_API_ENDPOINT: proxy.url };
    await output.finish();
    return await cli.execute({
      argv,
      env: { ...environmentWith(inherited, login), ...exemptionFromProxies(env) },
      needsUs: true,
    });
  } finally {
    await proxy.stop();
  }
}

/** The environment without the variables that hold the API token. Warns of other places where the program finds it. */
async function withoutToken(
  { env, output, store }: Cli,
  { context: { name: active }, token }: Credential,
  argv: readonly string[],
): Promise<Record<string, string>> {
  const secret = token.reveal();
  if (argv.some((word) => word.includes(secret)))
    throw usageError("an argument of the program holds the API token", "leave it out: the proxy adds it");
  const variables = definedVariables(env);
  const holders = variables.filter(([, value]) => value.includes(secret)).map(([name]) => name);
  const others = holders.filter((name) => name !== "BENTO_CLOUD_API_KEY").join(", ");
  if (others !== "")
    output.warn(`these variables hold the API token, so the program does not get them: ${others}`);
  const { contexts } = await store.read();
  const isStored = contexts.some((context) => tokenOf(context)?.reveal() === secret);
  const mounted = active === ENVIRONMENT_NAME ? env["BENTO_CLOUD_API_KEY_FILE"] : undefined;
  const file = isStored ? store.paths.file : mounted;
  if (file) output.warn(`the program can read the API token in ${file}, where it is in plain text`);
  return Object.fromEntries(variables.filter(([name]) => !holders.includes(name)));
}

/** A program with `HTTP_PROXY` in its environment would send requests for this machine to that proxy. */
function exemptionFromProxies(env: Environment): Record<string, string> {
  if (!Object.keys(env).some((name) => /^(?:https?|all)_proxy$/i.test(name))) return {};
  const listed = env["no_proxy"] || env["NO_PROXY"];
  const value = listed ? `${listed},127.0.0.1` : "127.0.0.1";
  return { no_proxy: value, NO_PROXY: value };
}
