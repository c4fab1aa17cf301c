import type { Client } from "../cloud/client.ts";
import { showName } from "../contexts/name.ts";
import { warnOfEmptyVariables } from "../contexts/environment.ts";
import { type Environment, locateHome } from "../contexts/home.ts";
import { type Active, describeSource, resolveActive } from "../contexts/resolve.ts";
import { createStore, type Store } from "../contexts/store.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, usageError } from "../errors.ts";
import type { Output } from "./output.ts";
import { isTerminal } from "./runtime.ts";
import type { Prompt } from "./prompt.ts";

/** The global options of one run. */
export interface Flags {
  context: string | undefined;
  json: boolean;
  quiet: boolean;
  debug: boolean;
  /** False with `--no-input`. */
  input: boolean;
  /** False with `--no-color`. */
  color: boolean;
  timeoutMs: number;
}

/** Everything outside a command's own arguments. Costly members are made, and their modules read, on first use. */
export interface Cli {
  readonly flags: Flags;
  readonly env: Environment;
  readonly output: Output;
  /** Whether a person can be asked: stdin and stderr are terminals, this is no CI, and `--no-input` is absent. */
  readonly interactive: boolean;
  readonly store: Store;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  cwd(): string;
  now(): Date;
  /** The active context; the same answer for the whole run. */
  resolve(): Promise<Active>;
  /** What would be active now without `--context`; for saying so after a change. */
  resolveElsewhere(): Promise<Active>;
  client(options: { endpoint: string; token?: Token; insecureHttp: boolean }): Promise<Client>;
  prompt(): Promise<Prompt>;
  openBrowser(url: URL): Promise<boolean>;
  /** Standard input up to its end. */
  readStdin(): Promise<string>;
  /** 0 is stdin, 1 stdout, 2 stderr. */
  isTerminal(descriptor: number): boolean;
}

const MAX_STDIN_BYTES = 64 * 1024;

export function createCli(flags: Flags, env: Environment, output: Output): Cli {
  warnOfEmptyVariables(env, (message) => output.warn(message));
  const signal = lazy(abortOnInterrupt);
  const interactive = lazy(() => flags.input && !isCI(env) && isTerminal(0) && isTerminal(2));
  const store = lazy(() =>
    createStore({ paths: locateHome(env, cwd), signal, alert: (text) => output.alert(text) }),
  );
  const resolve = async (flag: string | undefined, warn: (message: string) => void) => {
    const read = lazy(() => store().read());
    const active = await resolveActive({ flag, env, cwd, file: () => store().paths.file, read, warn });
    output.debug(`active context: ${showName(active.name)}, from ${describeSource(active.source)}`);
    return active;
  };
  return {
    flags,
    env,
    output,
    get interactive() {
      return interactive();
    },
    get store() {
      return store();
    },
    get signal() {
      return signal();
    },
    cwd,
    now: () => new Date(),
    resolve: lazy(() => resolve(flags.context, (message) => output.warn(message))),
    resolveElsewhere: () => resolve(undefined, () => {}),
    async client(options) {
      const { createClient } = await import("../cloud/client.ts");
      const debug = (message: string) => output.debug(message);
      return createClient({ ...options, timeoutMs: flags.timeoutMs, signal: signal(), debug });
    },
    async prompt() {
      // The library that draws the prompts takes its colours from here alone.
      if (!flags.color) process.env["NO_COLOR"] = "1";
      const { createPrompt, refusePrompt } = await import("./prompt.ts");
      return interactive()
        ? createPrompt(signal(), () => output.settle())
        : refusePrompt(whyNotInteractive(env, flags));
    },
    async openBrowser(url) {
      const { openBrowser } = await import("./browser.ts");
      return openBrowser(url, env["BROWSER"] || undefined);
    },
    readStdin: () => readStdin(signal()),
    isTerminal,
  };
}

function isCI(env: Environment): boolean {
  const value = env["CI"];
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}

function whyNotInteractive(env: Environment, flags: Flags): string {
  if (!flags.input) return "--no-input was given";
  return isCI(env) ? "this is a CI job" : "this is not a terminal";
}

function cwd(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new CliError("STORAGE", "the working directory no longer exists", {
      hint: "change to a directory that exists",
      cause: error,
    });
  }
}

/** The first Ctrl-C asks the command to stop; a second one ends the process the usual way. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}

async function readStdin(signal: AbortSignal): Promise<string> {
  const stop = () => process.stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of process.stdin) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.byteLength;
      if (size > MAX_STDIN_BYTES) throw usageError("standard input holds more than one token");
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (!signal.aborted) throw new CliError("FAILURE", "standard input cannot be read", { cause: error });
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) throw new CliError("CANCELLED", "cancelled; nothing was changed");
  return Buffer.concat(chunks).toString("utf8");
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
