import { spawn } from "node:child_process";

interface PipedOptions {
  cwd: string;
  env: Record<string, string>;
  signal: AbortSignal;
  /** Standard input; empty when not given. */
  input?: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;
}

export interface PipedProgram {
  stdout: AsyncIterable<Buffer>;
  /**
   * The code is null when a signal ended it, or it could not be started. To be awaited after `stdout` has been read.
   * Rejects when `input` does.
   */
  ended: Promise<{ code: number | null; stderr: string }>;
}

const MOST_STDERR = 64 * 1024;

/** Starts a program by its absolute path and reads what it prints. It ends when `signal` is aborted. */
export function pipeProgram(
  path: string,
  args: readonly string[],
  { cwd, env, signal, input }: PipedOptions,
): PipedProgram {
  const child = spawn(path, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], windowsHide: true, signal });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < MOST_STDERR) stderr += chunk.toString();
  });
  const exit = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once("error", () => resolve({ code: null, stderr }));
    child.once("close", (code) => resolve({ code, stderr }));
  });
  // A program that ends early closes its standard input, which is no error of ours.
  child.stdin.on("error", () => {});
  const fed = feed(child.stdin, input ?? []).finally(() => child.stdin.end());
  const ended = Promise.all([exit, fed]).then(([end]) => end);
  // Whoever reads the output awaits this afterwards, when it may have failed already.
  ended.catch(() => {});
  return { stdout: child.stdout, ended };
}

async function feed(
  stdin: NodeJS.WritableStream,
  input: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<void> {
  for await (const part of input) {
    if (!stdin.writable) return;
    if (!stdin.write(part)) await ready(stdin);
  }
}

/** Resolves when the program takes more, or takes no more at all. */
function ready(stdin: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      stdin.off("drain", end).off("close", end);
      resolve();
    };
    stdin.on("drain", end).on("close", end);
  });
}
