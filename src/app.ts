import type { Client } from "./cloud/client.ts";
import type { Endpoint } from "./contexts/endpoint.ts";
import { showName } from "./contexts/name.ts";
import { warnOfEmptyVariables } from "./resolve/environment.ts";
import { createResolver } from "./resolve/resolver.ts";
import type { Environment } from "./system/runtime.ts";
import { type Active, describeSource, type Source } from "./resolve/active.ts";
import type { Store } from "./store/store.ts";
import type { Place, SecretStore } from "./secrets/secret-store.ts";
import type { Token } from "./contexts/token.ts";
import type { ExplainedCandidate } from "./resolve/candidates.ts";
import { cancelled, CliError } from "./errors.ts";
import type { Output } from "./system/output.ts";
import type { Execution } from "./system/child.ts";
import { isTerminal, workingDirectory } from "./system/runtime.ts";
import type { Prompt } from "./system/prompt.ts";

/** The options that mean the same to every command that takes them. */
export interface Flags {
  context: string | undefined;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  debug: boolean;
  /** False with `--no-input`. */
  input: boolean;
  /** False with `--no-color`. */
  color: boolean;
  timeoutMs: number;
  /** Allows plain http to a host that is not this machine. */
  insecureHttp: boolean;
  /** Each name that `--yes` was given. One without a name is empty: it forbids a question, and does not answer it. */
  yes: readonly string[];
}

interface ClientRequest {
  endpoint: string | Endpoint;
  token?: Token;
  /** Instead of Ctrl-C, for what must be done after it. */
  signal?: AbortSignal;
}

/**
 * The composition root: everything that a command receives besides its own arguments. Costly members are created, and
 * their modules loaded, on first use.
 */
export interface Cli {
  readonly flags: Flags;
  readonly env: Environment;
  readonly output: Output;
  /** Whether a person can be asked: stdin and stderr are terminals, not in CI, without `--no-input`. */
  readonly interactive: boolean;
  readonly store: Store;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  cwd(): string;
  now(): Date;
  /** The active context; resolved once for the whole run. */
  resolve(): Promise<Active>;
  /** The active context without `--context`, resolved on each call: commands report it after a change. */
  resolveElsewhere(): Promise<Active>;
  /** Every source of the active context, and why it was or was not chosen. `winner` is the source that was chosen. */
  candidates(winner: Source | undefined): Promise<ExplainedCandidate[]>;
  /** A store for tokens that are not in the contexts file. One that was opened serves every context that is kept in it. */
  openStore(place: Place): Promise<SecretStore>;
  /** A warning that is said only once, so it is printed also with `--quiet`. */
  alert(message: string): void;
  /** The error of a command, with what repairs it for the active context if the command has used one. */
  advise(error: unknown): Promise<unknown>;
  /** Shows a person what is waited for while `act` takes long, and nothing while the text is empty. */
  wait<T>(text: () => string, act: () => Promise<T>): Promise<T>;
  /** Its requests are waited for with {@link wait}. */
  client(options: ClientRequest): Promise<Client>;
  prompt(): Promise<Prompt>;
  openBrowser(url: URL): Promise<boolean>;
  /** Runs a program in place of this process, or else as a child; resolves to its exit code. */
  execute(execution: Execution): Promise<number>;
  /** The shell for `env` without `--shell`. */
  readonly defaultShell: string;
  /** The shell that a person works in. */
  readonly userShell: string;
  /** Makes Ctrl-C end the process at once, for a long computation that cannot check `signal`. */
  endOnInterrupt(): void;
  /** 0 is stdin, 1 stdout, 2 stderr. */
  isTerminal(descriptor: number): boolean;
}

const isWindows = process.platform === "win32";

export function createCli(flags: Flags, env: Environment, output: Output): Cli {
  warnOfEmptyVariables(env, (message) => output.warn(message));
  const signal = lazy(abortOnInterrupt);
  const interactive = lazy(() => flags.input && !isCI(env) && isTerminal(0) && isTerminal(2));
  const waiting = lazy(async () => new (await import("./system/waiting.ts")).Waiting(output));
  const isPlain = env["TERM"] === "dumb";
  const showsWaiting = () => interactive() && !flags.quiet && !isPlain;
  const wait: Cli["wait"] = async (text, act) =>
    showsWaiting() ? (await waiting()).during(text, act) : act();
  const alert = (text: string) => output.warn(text, { always: true });
  const resolver = createResolver({ env, cwd: workingDirectory, signal, alert });
  const resolve = async (flag: string | undefined, warn: (message: string) => void) => {
    const active = await resolver.resolve(flag, warn);
    output.debug(`active context: ${showName(active.name)}, from ${describeSource(active.source)}`);
    return active;
  };
  const storeOpener = lazy(async () => {
    const { createStoreOpener } = await import("./secrets/open-stores.ts");
    // With `--json`, stderr holds nothing but one error object.
    const say = (line: string) => void (flags.json || output.prompt(line));
    return createStoreOpener({ env, signal: signal(), say, wait });
  });
  let used: Active | undefined;
  const resolveOnce = async () => (used = await resolve(flags.context, (message) => output.warn(message)));
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
    resolve: lazy(resolveOnce),
    resolveElsewhere: () => resolve(undefined, () => {}),
    candidates: (winner) => resolver.explain(flags.context, winner),
    async advise(error) {
      if (!(error instanceof CliError)) return error;
      const { withRemedy } = await import("./resolve/remedy.ts");
      return withRemedy(error, { active: used, env, store: () => resolver.store });
    },
    wait,
    async client(options) {
      const { createClient } = await import("./cloud/client.ts");
      const client = createClient({
        timeoutMs: flags.timeoutMs,
        insecureHttp: flags.insecureHttp,
        signal: signal(),
        env,
        debug: (message) => output.debug(message),
        ...options,
      });
      if (!showsWaiting()) return client;
      const { showWaiting } = await import("./cloud/show-waiting.ts");
      return showWaiting(client, wait);
    },
    openStore: async (place) => (await storeOpener())(place),
    alert,
    async prompt() {
      // The prompt library decides about colour by this variable only.
      if (!flags.color) process.env["NO_COLOR"] = "1";
      // The prompt library draws ASCII marks only with this value.
      if (!output.unicode) process.env["TERM"] = "linux";
      const { createPrompt, refusePrompt } = await import("./system/prompt.ts");
      return interactive()
        ? createPrompt(signal(), output, isPlain)
        : refusePrompt(whyNotInteractive(env, flags));
    },
    openBrowser: async (url) => (await import("./system/browser.ts")).openBrowser(url, env["BROWSER"]),
    async execute(execution) {
      const { execute } = await import("./system/execute.ts");
      return execute(execution, (message, exitCode, hint) =>
        output.failure({ code: "FAILURE", message, hint, exitCode }),
      );
    },
    defaultShell: isWindows ? "powershell" : "sh",
    userShell: (isWindows ? env["ComSpec"] : env["SHELL"]) || (isWindows ? "powershell.exe" : "/bin/sh"),
    endOnInterrupt() {
      if (signal().aborted) throw cancelled();
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

/** Calls `make` only the first time, and returns that result from then on. */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
