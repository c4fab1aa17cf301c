import { fstatSync } from "node:fs";
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import type { Execution } from "./execute.ts";
import { isTerminal } from "./runtime.ts";

/** Signals that another process means for the program. */
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Signals that a terminal sends to both of us. */
const KEYS = ["SIGINT", "SIGQUIT"] as const;

/** Runs a program beside this process; resolves to its exit code. Rejects when the system does not start it. */
export function spawnAndWait(
  file: string,
  { words, env, descriptors }: Execution & { descriptors: readonly number[] },
): Promise<number> {
  const [name, ...args] = words;
  let child: ChildProcess | undefined;
  // From before there is a program: whoever stops us meanwhile means it, too.
  const stopPassingOn = passOnSignals((signal) => send(child?.pid, signal));
  return new Promise<number>((resolve, reject) => {
    child = spawn(file, args, { argv0: name, env, stdio: toStdio(descriptors) });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  }).finally(stopPassingOn);
}

/** Not by `child.kill`: Deno then takes the signal for what ended the program, whatever did. */
function send(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

function toStdio(descriptors: readonly number[]): StdioOptions {
  const open = descriptors.filter(isOpen);
  return Array.from({ length: Math.max(2, ...open) + 1 }, (_, number) =>
    number <= 2 ? "inherit" : open.includes(number) ? number : "ignore",
  );
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

/** On Windows nothing is: the console tells every program on it, and a signal sent by a program is its end. */
function passOnSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  const isWindows = process.platform === "win32";
  const hasTerminal = [0, 1, 2].some((descriptor) => isTerminal(descriptor));
  const stay = () => {};
  const handlers: (readonly [NodeJS.Signals, () => void])[] = isWindows
    ? (["SIGINT", "SIGBREAK", "SIGHUP"] as const).map((signal) => [signal, stay])
    : [
        ...PASSED_ON.map((signal) => [signal, () => pass(signal)] as const),
        ...KEYS.map((signal) => [signal, hasTerminal ? stay : () => pass(signal)] as const),
      ];
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
