import { tokensPage } from "../contexts/endpoint.ts";
import { environmentToken } from "../resolve/environment.ts";
import { parseToken, type Token } from "../contexts/token.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

/** Where `login` takes its token from: the command line decides, then the environment, then a person is asked. */
export interface TokenOptions {
  withToken: boolean;
  apiToken: string | undefined;
  web: boolean;
  /** False with `--no-browser`, which shows the address and opens nothing. */
  browser: boolean;
  insecureHttp: boolean;
}

export interface TokenSource {
  /** The environment's token belongs to the environment's endpoint, never to one that is stored. */
  isEnvironment: boolean;
  /** Whether the token is sent without a prompt that shows a person the endpoint. */
  isUnattended: boolean;
  read(endpoint: string): Promise<Token>;
}

/** @throws CliError `USAGE` when the options contradict each other, or nothing says where the token is. */
export function chooseTokenSource(cli: Cli, options: TokenOptions): TokenSource {
  const { withToken, apiToken } = options;
  const web = options.web || !options.browser;
  if ([withToken, apiToken !== undefined, web].filter(Boolean).length > 1)
    throw usageError("--with-token, --api-token and --web (or --no-browser) exclude each other");
  const prompted = { isEnvironment: false, isUnattended: false };
  const piped = { isEnvironment: false, isUnattended: true };
  // Nobody should have to guess that a silent cursor waits for a token.
  if (withToken && cli.isTerminal(0)) return { ...prompted, read: (endpoint) => paste(cli, endpoint) };
  if (withToken) return { ...piped, read: async () => parseToken(await cli.readStdin(), "standard input") };
  if (apiToken !== undefined) return { ...piped, read: async () => readArgument(cli, apiToken) };
  if (web) return { ...prompted, read: (endpoint) => signInByBrowser(cli, endpoint, options) };
  const key = environmentToken(cli.env);
  if (key) return { ...prompted, isEnvironment: true, read: async () => key };
  if (cli.interactive) return { ...prompted, read: (endpoint) => ask(cli, endpoint, options) };
  throw usageError(
    "there is no token, and nobody to ask for one",
    "pass it on standard input to `bentocloud login --with-token`, set BENTO_CLOUD_API_KEY, or use `bentocloud login --web`",
  );
}

function readArgument(cli: Cli, apiToken: string): Token {
  cli.output.warn("a token in --api-token can be seen by every user of this machine; use --with-token");
  return parseToken(apiToken, "--api-token");
}

async function ask(cli: Cli, endpoint: string, options: TokenOptions): Promise<Token> {
  const prompt = await cli.prompt();
  const way = await prompt.pick(`How do you want to sign in to ${endpoint}?`, [
    { value: "browser", label: "With a web browser" },
    { value: "paste", label: "Paste an API token" },
  ] as const);
  return way === "browser" ? signInByBrowser(cli, endpoint, options) : paste(cli, endpoint);
}

async function paste(cli: Cli, endpoint: string): Promise<Token> {
  const prompt = await cli.prompt();
  const text = await prompt.secret(`API token for ${endpoint} (from ${tokensPage(endpoint)})`);
  return parseToken(text, "your input");
}

async function signInByBrowser(cli: Cli, endpoint: string, options: TokenOptions): Promise<Token> {
  const { beginSignIn } = await import("../cloud/browser-login.ts");
  const { url, wait } = await beginSignIn(await cli.client({ endpoint, insecureHttp: options.insecureHttp }));
  cli.output.prompt(`Approve this sign-in at ${url.href}`);
  if (options.browser && !(await cli.openBrowser(url)))
    cli.output.info("No browser could be opened; visit the address above");
  const isShown = cli.isTerminal(2) && !cli.flags.quiet && !cli.output.json;
  const show = (text: string) => isShown && cli.output.progress(text);
  try {
    return await wait({
      signal: cli.signal,
      onTick: (leftMs) => void show(`Waiting for approval, ${minutes(leftMs)} left (Ctrl-C cancels)`),
    });
  } finally {
    show("");
  }
}

function minutes(ms: number): string {
  const count = Math.ceil(ms / 60_000);
  return count === 1 ? "1 minute" : `${count} minutes`;
}
