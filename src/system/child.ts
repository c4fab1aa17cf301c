import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { fstatSync } from "node:fs";
import { constants } from "node:os";
import { isBun } from "./machine.ts";
import { isTerminal } from "./runtime.ts";
import { startWatchdog } from "./watchdog.ts";
import { watchExitCode } from "./windows-process.ts";

export interface Execution {
  argv: readonly [program: string, ...args: string[]];
  env: Record<string, string>;
  /** This process stays, because the program needs it; if it is killed, the program ends too. */
  needsUs?: boolean;
}

/** Signals that another process sends to us and means for the program. */
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Signals that a terminal sends to the program as well. */
const FROM_KEYS = ["SIGINT", "SIGQUIT"] as const;

/** Runs a program and resolves to its exit code. Rejects when the system does not start it. */
export function spawnAndWait(
  file: string,
  { argv, env, descriptors, needsUs }: Execution & { descriptors: readonly number[] },
): Promise<number> {
  const [name, ...args] = argv;
  let child: ChildProcess | undefined;
  const watchdog = needsUs ? startWatchdog() : undefined;
  // Before the program is started, because a signal that comes meanwhile is meant for it too.
  const stopForwarding = forwardSignals((signal) => send(child?.pid, signal));
  return new Promise<number>((resolve, reject) => {
    child = spawn(file, args, { argv0: name, env, stdio: toStdio(descriptors) });
    watchdog?.watch(child.pid);
    const exitCode =
      process.platform === "win32" && child.pid && isBun() ? watchExitCode(child.pid) : undefined;
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      resolve(exitCode?.() ?? code ?? 128 + (signal ? constants.signals[signal] : 0)),
    );
  }).finally(() => {
    watchdog?.stop();
    stopForwarding();
  });
}

/** `child.kill` is not used: after it, Deno reports that signal as the cause of death, whatever the cause was. */
function send(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, signal);
  } catch {
    // The program has just ended.
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

/** On Windows nothing is forwarded: the console tells every program on it, and a signal from a program would kill. */
function forwardSignals(forward: (signal: NodeJS.Signals) => void): () => void {
  const hasTerminal = [0, 1, 2].some((descriptor) => isTerminal(descriptor));
  const ignore = () => {};
  const handlers: (readonly [NodeJS.Signals, () => void])[] =
    process.platform === "win32"
      ? (["SIGINT", "SIGBREAK", "SIGHUP"] as const).map((signal) => [signal, ignore])
      : [
          ...FORWARDED.map((signal) => [signal, () => forward(signal)] as const),
          ...FROM_KEYS.map((signal) => [signal, hasTerminal ? ignore : () => forward(signal)] as const),
        ];
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
