import type { Client } from "./cloud/client.ts";
import { showName } from "./contexts/name.ts";
import { warnOfEmptyVariables } from "./resolve/environment.ts";
import { createResolver } from "./resolve/resolver.ts";
import type { Environment } from "./store/home.ts";
import { type Active, describeSource, type Source } from "./resolve/active.ts";
import type { Store } from "./store/store.ts";
import type { Token } from "./contexts/token.ts";
import type { ExplainedCandidate } from "./resolve/candidates.ts";
import { CliError } from "./errors.ts";
import type { Filter } from "./system/jq.ts";
import type { Output } from "./system/output.ts";
import type { Execution } from "./system/execute.ts";
import { isTerminal, workingDirectory } from "./system/runtime.ts";
import type { Prompt } from "./system/prompt.ts";

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
  /** Everything that can choose the active context, and why it did or did not; `winner` is what did. */
  candidates(winner: Source | undefined): Promise<ExplainedCandidate[]>;
  client(options: { endpoint: string; token?: Token; insecureHttp: boolean }): Promise<Client>;
  prompt(): Promise<Prompt>;
  openBrowser(url: URL): Promise<boolean>;
  /** Runs a program, in place of this process where that can be; resolves to its exit code otherwise. */
  execute(execution: Execution): Promise<number>;
  /** The shell whose code `env` prints unless told otherwise. */
  readonly defaultShell: string;
  /** Standard input up to its end, a token and no more. */
  readStdin(): Promise<string>;
  /** A file that the user names, or standard input for `-`. */
  readInput(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The same for what is only sent on: a file is not read before it is sent. */
  openInput(name: string): Promise<Uint8Array<ArrayBuffer> | Blob>;
  /** @throws CliError `USAGE` when the jq expression is none. */
  compileFilter(expression: string): Promise<Filter>;
  /** From here on Ctrl-C ends the process at once: what follows computes, and leaves no moment to be told of it. */
  endOnInterrupt(): void;
  /** 0 is stdin, 1 stdout, 2 stderr. */
  isTerminal(descriptor: number): boolean;
}

const MAX_STDIN_BYTES = 64 * 1024;

export function createCli(flags: Flags, env: Environment, output: Output): Cli {
  warnOfEmptyVariables(env, (message) => output.warn(message));
  const signal = lazy(abortOnInterrupt);
  const interactive = lazy(() => flags.input && !isCI(env) && isTerminal(0) && isTerminal(2));
  const alert = (text: string) => output.alert(text);
  const resolver = createResolver({ env, cwd: workingDirectory, signal, alert });
  const resolve = async (flag: string | undefined, warn: (message: string) => void) => {
    const active = await resolver.resolve(flag, warn);
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
      return resolver.store;
    },
    get signal() {
      return signal();
    },
    cwd: workingDirectory,
    now: () => new Date(),
    resolve: lazy(() => resolve(flags.context, (message) => output.warn(message))),
    resolveElsewhere: () => resolve(undefined, () => {}),
    candidates: (winner) => resolver.explain(flags.context, winner),
    async client(options) {
      const { createClient } = await import("./cloud/client.ts");
      const debug = (message: string) => output.debug(message);
      return createClient({ ...options, timeoutMs: flags.timeoutMs, signal: signal(), debug });
    },
    async prompt() {
      // The library that draws the prompts takes its colours from here alone.
      if (!flags.color) process.env["NO_COLOR"] = "1";
      const { createPrompt, refusePrompt } = await import("./system/prompt.ts");
      return interactive()
        ? createPrompt(signal(), () => output.settle())
        : refusePrompt(whyNotInteractive(env, flags));
    },
    async openBrowser(url) {
      const { openBrowser } = await import("./system/browser.ts");
      return openBrowser(url, env["BROWSER"] || undefined);
    },
    async execute(execution) {
      const { execute } = await import("./system/execute.ts");
      return execute(execution, (message, exitCode) =>
        output.failure({ code: "FAILURE", message, hint: null, exit_code: exitCode }),
      );
    },
    defaultShell: process.platform === "win32" ? "powershell" : "sh",
    async readStdin() {
      const { readStdin } = await import("./system/input.ts");
      return new TextDecoder().decode(await readStdin(signal(), MAX_STDIN_BYTES));
    },
    async readInput(name) {
      const { readInput } = await import("./system/input.ts");
      return readInput(name, signal());
    },
    async openInput(name) {
      const { openInput } = await import("./system/input.ts");
      return openInput(name, signal());
    },
    async compileFilter(expression) {
      const { compileFilter } = await import("./system/jq.ts");
      return compileFilter(expression);
    },
    endOnInterrupt() {
      if (signal().aborted) throw new CliError("CANCELLED", "cancelled");
      process.removeAllListeners("SIGINT");
    },
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

/** The first Ctrl-C asks the command to stop; a second one ends the process the usual way. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
