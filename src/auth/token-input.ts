import { tokensPage } from "../contexts/endpoint.ts";
import { variable } from "../resolve/environment.ts";
import { parseToken, type Token } from "../contexts/token.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

/** Where `login` takes its token from: what the command line says, else the environment, else a person. */
export interface TokenOptions {
  withToken: boolean;
  apiToken: string | undefined;
  web: boolean;
  /** False with `--no-browser`: show the address, open nothing. */
  browser: boolean;
  insecureHttp: boolean;
}

export type TokenSource = "stdin" | "argument" | "environment" | "web" | "ask";

/** @throws CliError `USAGE` when the options contradict each other, or nothing says where the token is. */
export function chooseTokenSource(cli: Cli, options: TokenOptions): TokenSource {
  const web = options.web || !options.browser;
  const given = [options.withToken, options.apiToken !== undefined, web].filter(Boolean).length;
  if (given > 1) throw usageError("--with-token, --api-token and --web (or --no-browser) exclude each other");
  if (options.withToken) return "stdin";
  if (options.apiToken !== undefined) return "argument";
  if (web) return "web";
  if (variable(cli.env, "BENTO_CLOUD_API_KEY") !== undefined) return "environment";
  if (cli.interactive) return "ask";
  throw usageError(
    "there is no token, and nobody to ask for one",
    "pass it on standard input to `bentocloud login --with-token`, set BENTO_CLOUD_API_KEY, or use `bentocloud login --web`",
  );
}

interface Obtain {
  source: TokenSource;
  endpoint: string;
  options: TokenOptions;
}

export async function obtainToken(cli: Cli, { source, endpoint, options }: Obtain): Promise<Token> {
  switch (source) {
    case "stdin":
      return readFromStdin(cli, endpoint);
    case "argument":
      cli.output.warn("a token in --api-token can be seen by every user of this machine; use --with-token");
      return parseToken(options.apiToken ?? "", "--api-token");
    case "environment":
      return parseToken(variable(cli.env, "BENTO_CLOUD_API_KEY") ?? "", "BENTO_CLOUD_API_KEY");
    case "web":
      return signInByBrowser(cli, endpoint, options);
    case "ask":
      return ask(cli, endpoint, options);
  }
}

/** Someone who typed `login --with-token` at a terminal is asked, not left before a silent cursor. */
async function readFromStdin(cli: Cli, endpoint: string): Promise<Token> {
  if (cli.isTerminal(0)) return paste(cli, endpoint);
  return parseToken(await cli.readStdin(), "standard input");
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
  return parseToken(
    await prompt.secret(`API token for ${endpoint} (from ${tokensPage(endpoint)})`),
    "your input",
  );
}

async function signInByBrowser(cli: Cli, endpoint: string, options: TokenOptions): Promise<Token> {
  const { beginSignIn } = await import("../cloud/browser.ts");
  const { url, wait } = await beginSignIn(await cli.client({ endpoint, insecureHttp: options.insecureHttp }));
  cli.output.prompt(`Approve this sign-in at ${url.href}`);
  if (options.browser && !(await cli.openBrowser(url)))
    cli.output.info("No browser could be opened; visit the address above");
  const progress = cli.isTerminal(2) && !cli.flags.quiet && !cli.output.json;
  try {
    return await wait({
      signal: cli.signal,
      onTick: (leftMs) => {
        if (progress)
          cli.output.progress(`Waiting for approval, ${describeMinutes(leftMs)} left (Ctrl-C cancels)`);
      },
    });
  } finally {
    if (progress) cli.output.progress("");
  }
}

function describeMinutes(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}
