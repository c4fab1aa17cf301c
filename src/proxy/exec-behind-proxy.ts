import type { Cli } from "../app.ts";
import { environmentWith } from "../auth/credential-environment.ts";
import type { Session } from "../auth/session.ts";
import { createRelay } from "../cloud/relay.ts";
import { tokenOf } from "../contexts/context.ts";
import { usageError } from "../errors.ts";
import type { Execution } from "../system/child.ts";
import type { Environment } from "../system/runtime.ts";
import { startProxy } from "./start-proxy.ts";

interface Options {
  argv: Execution["argv"];
  isReadOnly: boolean;
  insecureHttp: boolean;
}

/** Runs a program that uses the login and never gets its API token, and ends the proxy with it. */
export async function execBehindProxy(
  cli: Cli,
  { context, token }: Session,
  { argv, isReadOnly, insecureHttp }: Options,
): Promise<number> {
  const { env, flags, output } = cli;
  const secret = token.reveal();
  if (argv.some((word) => word.includes(secret)))
    throw usageError("an argument of the program holds the API token", "leave it out: the proxy adds it");
  const { timeoutMs } = flags;
  const relay = createRelay({ endpoint: context.endpoint, token, timeoutMs, env, insecureHttp });
  const holders = Object.keys(env).filter((name) => env[name]?.includes(secret));
  const others = holders.filter((name) => name !== "BENTO_CLOUD_API_KEY");
  if (others.length > 0)
    output.warn(`these variables hold the API token, so the program does not get them: ${others.join(", ")}`);
  await warnOfFiles(cli, secret);
  const proxy = startProxy({
    relay,
    token,
    port: 0,
    isReadOnly,
    hasPage: false,
    log: ({ method, path, status, ms }) =>
      output.debug(`proxy: ${method} ${path} -> ${status} (${Math.round(ms)} ms)`),
  });
  try {
    const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !holders.includes(name)));
    const login = { BENTO_CLOUD_API_KEY: proxy.key, BENTO_CLOUD_API_ENDPOINT: proxy.url };
    await output.finish();
    return await cli.execute({
      argv,
      env: { ...environmentWith(rest, login), ...exemptionFromProxies(env) },
      needsUs: true,
    });
  } finally {
    await proxy.stop();
  }
}

/** What the program can read by itself is not protected, and should not be taken for protected. */
async function warnOfFiles({ env, output, store }: Cli, secret: string): Promise<void> {
  const { contexts } = await store.read();
  const isStored = contexts.some((context) => tokenOf(context)?.reveal() === secret);
  const file = isStored ? store.paths.file : env["BENTO_CLOUD_API_KEY_FILE"];
  if (file) output.warn(`the program can read the API token in ${file}, where it is in plain text`);
}

/** A program with `HTTP_PROXY` in its environment would send requests for this machine to that proxy. */
function exemptionFromProxies(env: Environment): Record<string, string> {
  if (!Object.keys(env).some((name) => /^(?:https?|all)_proxy$/i.test(name))) return {};
  const listed = env["no_proxy"] || env["NO_PROXY"];
  const value = listed ? `${listed},127.0.0.1` : "127.0.0.1";
  return { no_proxy: value, NO_PROXY: value };
}
