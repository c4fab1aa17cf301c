import { DEFAULT_ENDPOINT, parseEndpoint, tokensPage } from "../contexts/endpoint.ts";
import { environmentToken, keyVariable } from "../resolve/environment.ts";
import { parseToken, type Token } from "../contexts/token.ts";
import type { SignIn } from "../cloud/browser-login.ts";
import { requireExpected, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { NO_ENTRY } from "../secrets/secret-store.ts";
import { approveSignIn } from "./approve-sign-in.ts";

/** Where `login` takes its token from: the command line decides, then the environment, then a person is asked. */
export interface TokenOptions {
  withToken?: boolean;
  /** The program that prints it, after `--token-command --`. */
  command?: readonly string[] | undefined;
  apiToken: string | undefined;
  web?: boolean;
  /** False with `--no-browser`, which shows the address and opens nothing. */
  browser: boolean;
}

export interface TokenSource {
  /**
   * `person`: somebody types or approves it, at a prompt that shows the endpoint. `piped`: it is sent without one.
   * `environment`: it belongs to the environment's endpoint, never to one that is stored.
   */
  kind: "person" | "piped" | "environment";
  /** The option that chooses this source again, for a command that a person may copy. */
  option: string;
  /** Settles where to sign in and how, before anything is typed or approved. */
  open(place: Place): Promise<TokenInput>;
}

interface Place {
  endpoint: string;
  /** The person has not named it, and may name another one. */
  canChange: boolean;
}

export interface TokenInput {
  endpoint: string;
  /** `typed`: a person can be asked for another one. `made`: for this login, so that nobody else has it. */
  kind: "given" | "typed" | "made";
  /** The variable that gives it. */
  variable?: string | undefined;
  read(): Promise<Token>;
}

/** @throws CliError `USAGE` when the options contradict each other, or nothing says where the token is. */
export function chooseTokenSource(cli: Cli, options: TokenOptions): TokenSource {
  const { withToken, apiToken, command } = options;
  const web = options.web || !options.browser;
  if ([withToken, apiToken !== undefined, web, command !== undefined].filter(Boolean).length > 1)
    throw usageError(
      "--with-token, --api-token, --token-command and --web (or --no-browser) exclude each other",
    );
  const prompted = { kind: "person" } as const;
  const piped = { kind: "piped", option: " --with-token" } as const;
  const given =
    (read: () => Promise<Token>, variable?: string) =>
    async ({ endpoint }: Place): Promise<TokenInput> => ({ endpoint, kind: "given", read, variable });
  // Nobody should have to guess that a silent cursor waits for a token.
  if (withToken && cli.isTerminal(0))
    return { ...prompted, option: " --with-token", open: async ({ endpoint }) => paste(cli, endpoint) };
  if (withToken) return { ...piped, open: given(() => readPipedToken(cli)) };
  if (command) {
    const open = given(() => readFromCommand(cli, command));
    return { ...piped, option: " --token-command", open };
  }
  if (apiToken !== undefined) return { ...piped, open: given(async () => readArgument(cli, apiToken)) };
  if (web) {
    const option = options.browser ? " --web" : " --no-browser";
    return { ...prompted, option, open: async ({ endpoint }) => openBrowserFlow(cli, endpoint, options) };
  }
  const key = environmentToken(cli.env);
  if (key) {
    const open = given(async () => key, keyVariable(cli.env));
    return { kind: "environment", option: "", open };
  }
  const askFirst = async (place: Place) => ask(cli, await findOffer(cli, place), options);
  if (cli.interactive) return { ...prompted, option: "", open: askFirst };
  throw usageError(
    "there is no token, and nobody to ask for one",
    "pass it on standard input to `bentocloud login --with-token`, or set BENTO_CLOUD_API_KEY",
  );
}

export async function readPipedToken({ signal }: Cli): Promise<Token> {
  const { readTokenText } = await import("../system/input.ts");
  return parseToken(await readTokenText(signal), "standard input");
}

async function readFromCommand(cli: Cli, argv: readonly string[]): Promise<Token> {
  const store = await cli.openStore({ kind: "command", argv });
  return parseToken(await store.get(NO_ENTRY), argv[0] ?? "");
}

function readArgument(cli: Cli, apiToken: string): Token {
  cli.output.warn("a token in --api-token can be seen by every user of this machine; use --with-token");
  return parseToken(apiToken, "--api-token");
}

/** What a server offers. It is asked before the person is. */
interface Offer extends Place {
  hasBrowserFlow: boolean;
  /** Undefined where a sign-in has not begun. */
  signIn?: SignIn | undefined;
}

async function findOffer(cli: Cli, place: Place): Promise<Offer> {
  const client = await cli.client({ endpoint: place.endpoint });
  if (place.endpoint === DEFAULT_ENDPOINT) return { ...place, hasBrowserFlow: true };
  const { findBrowserFlow } = await import("../cloud/browser-login.ts");
  const signIn = await findBrowserFlow(client);
  return { ...place, signIn, hasBrowserFlow: signIn !== undefined };
}

async function ask(cli: Cli, offer: Offer, options: TokenOptions): Promise<TokenInput> {
  const { endpoint, canChange, hasBrowserFlow, signIn } = offer;
  if (!hasBrowserFlow) cli.output.prompt(`${endpoint} has no browser sign-in, so this takes an API token`);
  if (!hasBrowserFlow && !canChange) return paste(cli, endpoint);
  const prompt = await cli.prompt();
  const way = await prompt.pick(`How do you want to sign in to ${endpoint}?`, [
    ...(hasBrowserFlow ? [{ value: "browser", label: "With a web browser" } as const] : []),
    { value: "paste", label: "Paste an API token" },
    ...(canChange ? [{ value: "elsewhere", label: "To another server, such as a Yatai" } as const] : []),
  ]);
  if (way === "elsewhere") return ask(cli, await askForServer(cli), options);
  if (way === "paste") return paste(cli, endpoint);
  return signIn
    ? approve(cli, signIn, { endpoint, opens: options.browser })
    : openBrowserFlow(cli, endpoint, options);
}

/** Asks again when the address is invalid, or when no BentoCloud answers there. */
async function askForServer(cli: Cli): Promise<Offer> {
  const prompt = await cli.prompt();
  for (;;) {
    try {
      const endpoint = parseEndpoint(await prompt.type("Its address, for example https://bento.example.com"));
      return await findOffer(cli, { endpoint, canChange: false });
    } catch (error) {
      const { message, hint } = requireExpected(error);
      cli.output.prompt([message, hint].filter(Boolean).join("; "));
    }
  }
}

function paste(cli: Cli, endpoint: string): TokenInput {
  const read = async () => {
    const prompt = await cli.prompt();
    const text = await prompt.secret(`API token for ${endpoint} (from ${tokensPage(endpoint)})`);
    return parseToken(text, "your input");
  };
  return { endpoint, kind: "typed", read };
}

async function openBrowserFlow(cli: Cli, endpoint: string, options: TokenOptions): Promise<TokenInput> {
  const { beginSignIn } = await import("../cloud/browser-login.ts");
  const signIn = await beginSignIn(await cli.client({ endpoint }));
  return approve(cli, signIn, { endpoint, opens: options.browser });
}

function approve(cli: Cli, signIn: SignIn, options: { endpoint: string; opens: boolean }): TokenInput {
  return { endpoint: options.endpoint, kind: "made", read: () => approveSignIn(cli, signIn, options) };
}
