import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { appears, endOf, waitUntil } from "./bin.ts";
import { afterSweep, recordOutput, redactCanaries } from "./canaries.ts";
import { registerGiven } from "./given.ts";
import { removeFolder, requireTerminal } from "./posix.ts";
import { home as newHome, type Home } from "./home.ts";
import { cleanEnvironment, programCommand } from "./program.ts";

const KEYS = {
  enter: "\r",
  up: "\u001b[A",
  down: "\u001b[B",
  escape: "\u001b",
  space: " ",
  tab: "\t",
  backspace: "\u007f",
  "ctrl-c": "\u0003",
  "ctrl-d": "\u0004",
} as const;

type Key = keyof typeof KEYS;

export interface TerminalOptions {
  home?: Home;
  /** Added to the clean environment: PATH, HOME, LANG and TERM. */
  env?: Record<string, string>;
  cwd?: string;
  /** Runs this instead of the program, the arguments after it. */
  command?: readonly string[];
  /** `"pipe"` takes stdout away from the terminal, as `$(…)` does; stdin and stderr stay on it. */
  stdout?: "terminal" | "pipe";
  reveals?: boolean | "stdout";
  cols?: number;
  rows?: number;
}

/** A program on a real pseudo-terminal. */
export interface Terminal {
  readonly pid: number;
  /** All output so far without escape sequences; redrawn lines stand below each other. */
  readonly screen: string;
  /** All output so far as it came. */
  readonly raw: string;
  /** The text in the pipe, with `stdout: "pipe"`. */
  readonly stdout: string;
  write(text: string): void;
  press(key: Key): void;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves once the screen holds the text; rejects when the program ends first or after `timeoutMs`. */
  waitFor(pattern: string | RegExp, timeoutMs?: number): Promise<void>;
  /** Resolves when the program has ended and all its output is in `screen` and `stdout`. */
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
}

export function openTerminal(args: readonly string[], options: TerminalOptions = {}): Terminal {
  requireTerminal();
  const home = options.home ?? newHome();
  const label = ["bentocloud", ...args, "(on a terminal)"].join(" ");
  registerGiven({ args, env: options.env ?? {}, home });
  const command = [...(options.command ?? programCommand()), ...args];
  const pipe = options.stdout === "pipe" ? openPipe() : undefined;
  const chunks: Uint8Array[] = [];
  const closed = Promise.withResolvers<void>();
  const child = Bun.spawn(pipe === undefined ? command : pipe.wrap(command), {
    cwd: options.cwd ?? home.path,
    env: { ...cleanEnvironment(home), TERM: "xterm-256color", ...options.env },
    terminal: {
      cols: options.cols ?? 100,
      rows: options.rows ?? 30,
      data: (_terminal, chunk) => void chunks.push(new Uint8Array(chunk)),
      exit: () => closed.resolve(),
    },
  });
  const terminal = child.terminal!;
  const raw = () => Buffer.concat(chunks).toString("utf8");
  const screen = () => stripVTControlCharacters(raw());
  const piped = () => pipe?.text() ?? "";
  recordOutput({
    label,
    streams: () => (pipe === undefined ? { stdout: raw(), stderr: "" } : { stdout: piped(), stderr: raw() }),
    reveals: options.reveals ?? false,
  });
  afterSweep(() => {
    child.kill("SIGKILL");
    terminal.close();
    pipe?.remove();
  });

  const exit = child.exited.then(async () => {
    // A background process that keeps the terminal open must not hold up the test.
    await Promise.race([closed.promise, Bun.sleep(300)]);
    await Promise.race([pipe?.ended, Bun.sleep(300)]);
    return endOf(child);
  });
  return {
    pid: child.pid,
    get screen() {
      return screen();
    },
    get raw() {
      return raw();
    },
    get stdout() {
      return piped();
    },
    write: (text) => void terminal.write(text),
    press: (key) => void terminal.write(KEYS[key]),
    kill: (signal = "SIGTERM") => child.kill(signal),
    waitFor: (pattern, timeoutMs = 5000) =>
      waitUntil({
        isMet: () => appears(pattern, screen()),
        hasEnded: () => child.exitCode !== null || child.signalCode !== null,
        ended: exit,
        timeoutMs,
        explain: () => redactCanaries(`${String(pattern)} did not appear: ${label}\n${screen()}`),
      }),
    exit,
  };
}

interface Pipe {
  wrap(command: string[]): string[];
  text(): string;
  ended: Promise<unknown>;
  remove(): void;
}

/**
 * Bun gives a program on a terminal all three streams and ignores `stdout`, so the shell redirects it
 * into a named pipe, which no program can tell from `$(…)`.
 */
function openPipe(): Pipe {
  const directory = mkdtempSync(join(tmpdir(), "bentocloud-pipe-"));
  const fifo = join(directory, "stdout");
  const file = join(directory, "text");
  Bun.spawnSync(["mkfifo", "-m", "600", fifo]);
  const reader = Bun.spawn(["cat", fifo], { stdin: "ignore", stdout: Bun.file(file) });
  return {
    wrap: (command) => ["sh", "-c", 'fifo=$1; shift; exec "$@" >"$fifo"', "sh", fifo, ...command],
    text: () => readFileSync(file, "utf8"),
    ended: reader.exited,
    remove() {
      reader.kill("SIGKILL");
      removeFolder(directory);
    },
  };
}
