import { recordOutput, redactCanaries, afterSweep } from "./canaries.ts";
import { registerGiven } from "./given.ts";
import { home as newHome, type Home } from "./home.ts";
import { cleanEnvironment, programCommand } from "./program.ts";

export { home, type Home } from "./home.ts";

export interface RunOptions {
  /** A new empty home when not given. */
  home?: Home;
  /** Added to the clean environment: PATH, HOME and LANG. */
  env?: Record<string, string>;
  /** The home when not given. */
  cwd?: string;
  /** Standard input; empty when null or not given. Never a terminal. */
  stdin?: string | null;
  /** Runs this instead of the program, the arguments after it. */
  command?: readonly string[];
  /** True when printing a token is the purpose of this run; `"stdout"` when stderr must still be free of it. */
  reveals?: boolean | "stdout";
  /** The program is killed and the test fails after this time, 20 seconds when not given. */
  timeoutMs?: number;
  /** Leaves `~` as it was printed. Otherwise paths below the home are given in full, as a test knows them. */
  keepsTilde?: boolean;
}

export interface RunResult {
  /** Null when a signal ended it. */
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** A program that has not ended yet. */
export interface Running {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves once it printed the text; rejects when it ends first or after `timeoutMs`, 5 seconds when not given. */
  waitFor(pattern: string | RegExp, timeoutMs?: number): Promise<void>;
  readonly result: Promise<RunResult>;
}

/** Runs the program to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return start(args, options).result;
}

/** Starts the program without waiting for its end, to send it signals or to act while it waits. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  const home = options.home ?? newHome();
  const label = ["bentocloud", ...args].join(" ");
  registerGiven({ args, env: options.env ?? {}, home });
  const child = Bun.spawn([...(options.command ?? programCommand()), ...args], {
    cwd: options.cwd ?? home.path,
    env: cleanEnvironment(home, options.env),
    stdin: options.stdin == null ? "ignore" : Buffer.from(options.stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const show = (text: string) =>
    options.keepsTilde ? text : text.replaceAll(TILDE, options.env?.["HOME"] ?? home.path);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const streams = () => ({ stdout: stdout.text(), stderr: stderr.text() });
  recordOutput({ label, streams, reveals: options.reveals ?? false });
  afterSweep(() => child.kill("SIGKILL"));

  const state = () => redactCanaries(`${label}\nstdout: ${stdout.text()}\nstderr: ${stderr.text()}`);
  const finished = Promise.all([child.exited, stdout.ended, stderr.ended]).then(async () => {
    const result = { ...endOf(child), stdout: show(stdout.text()), stderr: show(stderr.text()) };
    if (!options.command && args.includes("--json") && result.signal === null)
      await (await import("./json-schema.ts")).checkJson({ args, ...result });
    return result;
  });
  const timeoutMs = options.timeoutMs ?? 20_000;
  const result = withTimeout(finished, timeoutMs, () => {
    child.kill("SIGKILL");
    return new Error(`still running after ${timeoutMs} ms: ${state()}`);
  });
  // A test that only waits for a text does not await the result; its rejection must not end the whole test run.
  result.catch(() => {});
  return {
    pid: child.pid,
    get stdout() {
      return show(stdout.text());
    },
    get stderr() {
      return show(stderr.text());
    },
    kill: (signal = "SIGTERM") => child.kill(signal),
    waitFor: (pattern, patience = 5000) =>
      waitUntil({
        isMet: () => appears(pattern, stdout.text()) || appears(pattern, stderr.text()),
        hasEnded: () => child.exitCode !== null || child.signalCode !== null,
        ended: finished,
        timeoutMs: patience,
        explain: () => `${String(pattern)} did not appear: ${state()}`,
      }),
    result,
  };
}

/** How a child ended: with a code or by a signal, never both. */
export function endOf(child: Bun.Subprocess): { code: number | null; signal: string | null } {
  return child.signalCode === null
    ? { code: child.exitCode, signal: null }
    : { code: null, signal: String(child.signalCode) };
}

interface Collected {
  text(): string;
  ended: Promise<void>;
}

/** Where the program writes `~` for the home, and not for the files of a shell, which it names for everybody. */
const TILDE = /(?<=^|[\s("`])~(?!\/\.(?:bash|zsh|config))(?=[\\/\s)"`,:;]|$)/gm;

function collect(stream: ReadableStream<Uint8Array>): Collected {
  const chunks: Uint8Array[] = [];
  const ended = (async () => {
    for await (const chunk of stream) chunks.push(chunk);
  })();
  return { text: () => Buffer.concat(chunks).toString("utf8"), ended };
}

function withTimeout<T>(promise: Promise<T>, timeoutMs: number, expire: () => Error): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(expire()), timeoutMs);
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
}

interface Wait {
  isMet(): boolean;
  hasEnded(): boolean;
  /** Resolves when everything printed has arrived. */
  ended: Promise<unknown>;
  timeoutMs: number;
  explain(): string;
}

/** Waits for a text on a program's output; a program that has ended prints nothing more, so it ends the wait. */
export async function waitUntil(wait: Wait): Promise<void> {
  const deadline = Date.now() + wait.timeoutMs;
  while (!wait.isMet()) {
    if (wait.hasEnded()) {
      await wait.ended;
      if (wait.isMet()) return;
      throw new Error(`${wait.explain()}\n(the program has ended)`);
    }
    if (Date.now() > deadline) throw new Error(`${wait.explain()}\n(waited ${wait.timeoutMs} ms)`);
    await Bun.sleep(5);
  }
}

export function appears(pattern: string | RegExp, text: string): boolean {
  return typeof pattern === "string" ? text.includes(pattern) : text.search(pattern) !== -1;
}
