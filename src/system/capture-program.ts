import { spawn } from "node:child_process";
import type { Environment } from "./runtime.ts";
import { codeOf } from "./storage-error.ts";

export interface Capture {
  /** An absolute path. */
  path: string;
  args: readonly string[];
  env: Environment;
  /** Written to its standard input, which is then closed. */
  input?: string;
  /** More output than this ends the program. In bytes. */
  limit: number;
  timeoutMs: number;
  signal: AbortSignal;
  /** Told each line that the program prints on stderr. */
  onLine?: (line: string) => void;
}

/** How a program ended: by itself, or because of what. `cancelled` is Ctrl-C. */
export type Captured =
  | { kind: "ended"; code: number | null; signal: string | null; stdout: string }
  | { kind: "timeout" | "too_large" | "cancelled" }
  | { kind: "not_started"; reason: string };

/** A grandchild that left the process group can hold the pipe open; what it would print is not waited for. */
const DRAIN_MS = 250;

/** A longer line of stderr is cut. */
const MAX_LINE = 4096;

/**
 * Runs a program without a shell and collects what it prints. It gets a process group of its own, and the whole group is
 * killed when the program has ended, when this function no longer waits, or when a signal ends this process: no process of
 * it is left behind.
 */
export function captureProgram(options: Capture): Promise<Captured> {
  const { path, args, env, input, limit, timeoutMs, signal, onLine } = options;
  const { promise, resolve } = Promise.withResolvers<Captured>();
  if (signal.aborted) return Promise.resolve({ kind: "cancelled" });
  // Before the program is started, so that there is no moment at which nobody would end it.
  const stopGuard = beforeDeath(() => endGroup());
  const child = start(path, args, env);
  if ("reason" in child) {
    stopGuard();
    return Promise.resolve({ kind: "not_started", reason: child.reason });
  }
  const endGroup = () => {
    try {
      if (isGroup && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      else child.kill("SIGKILL");
    } catch {
      // Every process of it has ended.
    }
  };
  const chunks: Buffer[] = [];
  let size = 0;
  let drain: NodeJS.Timeout | undefined;
  const finish = (result: Captured) => {
    endGroup();
    stopGuard();
    clearTimeout(timer);
    clearTimeout(drain);
    signal.removeEventListener("abort", cancel);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    child.unref();
    resolve(result);
  };
  const cancel = () => finish({ kind: "cancelled" });
  const timer = setTimeout(() => finish({ kind: "timeout" }), timeoutMs);
  signal.addEventListener("abort", cancel, { once: true });
  child.once("error", (error) => finish({ kind: "not_started", reason: codeOf(error) }));
  child.stdout.on("data", (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > limit) finish({ kind: "too_large" });
    else chunks.push(chunk);
  });
  readLines(child.stderr, onLine);
  child.once("exit", (code, name) => {
    // What its children would still do is of no use to anybody.
    endGroup();
    const end = () => finish({ kind: "ended", code, signal: name, stdout: Buffer.concat(chunks).toString() });
    child.once("close", end);
    drain = setTimeout(end, DRAIN_MS);
  });
  // A program that does not read its input is judged by how it ends.
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  return promise;
}

const isGroup = process.platform !== "win32";

/** Signals that end this process, and that reach no other process group. Ctrl-C is `Capture.signal`. */
const DEADLY = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Runs `act` when one of the signals comes, and then dies of it as without a handler. The result ends this. */
function beforeDeath(act: () => void): () => void {
  const handlers = (isGroup ? DEADLY : []).map((signal) => {
    const handler = () => {
      act();
      stop();
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  const stop = () => handlers.forEach((remove) => remove());
  return stop;
}

/** Some programs cannot even be begun: no program's format, too many arguments. */
function start(path: string, args: readonly string[], env: Environment) {
  try {
    return spawn(path, args, { env: { ...env }, detached: isGroup, windowsHide: true });
  } catch (error) {
    return { reason: codeOf(error) };
  }
}

/** Reads a stream to its end, so that the program is never blocked, and passes on the lines. */
function readLines(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined): void {
  let rest = "";
  const tell = (line: string) => line.trim() !== "" && onLine?.(line);
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) tell(line.slice(0, MAX_LINE));
  });
  stream.on("end", () => tell(rest));
}
