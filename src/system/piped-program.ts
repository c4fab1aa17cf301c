import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

type Input = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

interface PipedOptions {
  cwd: string;
  env: Record<string, string>;
  signal: AbortSignal;
  /** Standard input; empty when not given. */
  input?: Input;
}

export interface PipedProgram {
  stdout: AsyncIterable<Buffer>;
  /**
   * The code is null when a signal ended it, or it could not be started. To be awaited after `stdout` has been read.
   * Rejects when `input` does.
   */
  ended: Promise<{ code: number | null; stderr: string }>;
}

/** A program that runs, in the words of the runtime that started it. */
interface Started {
  /** Resolves when the program takes more; to false when it takes no more at all. */
  write(part: string | Uint8Array): unknown;
  end(): unknown;
  stdout: AsyncIterable<Buffer>;
  stderr: AsyncIterable<Buffer>;
  code: Promise<number | null>;
}

const MOST_STDERR = 64 * 1024;

/** Starts a program by its absolute path and reads what it prints. It ends when `signal` is aborted. */
export function pipeProgram(path: string, args: readonly string[], options: PipedOptions): PipedProgram {
  const start = process.versions.bun ? startWithBun : startWithNode;
  const { write, end, stdout, stderr, code } = start([path, ...args], options);
  const fed = feed(options.input ?? [], write).finally(end);
  const ended = Promise.all([code, readText(stderr), fed]).then(([code, stderr]) => ({ code, stderr }));
  // The caller reads the output first and awaits this later: a failure until then must not count as unhandled.
  ended.catch(() => {});
  return { stdout, ended };
}

async function feed(input: Input, write: Started["write"]): Promise<void> {
  for await (const part of input) if ((await write(part)) === false) return;
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of stream) if (text.length < MOST_STDERR) text += chunk.toString();
  return text;
}

const NOT_STARTED: Started = {
  write: () => false,
  end: () => {},
  stdout: Readable.from([]),
  stderr: Readable.from([]),
  code: Promise.resolve(null),
};

/** Bun's own streams need half of the time that those of its `node:child_process` need. */
function startWithBun(argv: string[], { cwd, env, signal }: PipedOptions): Started {
  let child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  try {
    child = Bun.spawn(argv, { cwd, env, signal, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  } catch {
    return NOT_STARTED;
  }
  const { stdin, stdout, stderr, exited } = child;
  return {
    async write(part) {
      try {
        await stdin.write(part);
        await stdin.flush();
        // Writing to a program that has ended can succeed at once, for ever: only a turn of the loop tells that it has.
        await setImmediate();
        return child.exitCode === null && child.signalCode === null;
      } catch {
        // It ended early, which is no error of ours.
        return false;
      }
    },
    end: async () => void (await Promise.resolve(stdin.end()).catch(() => {})),
    stdout: buffersOf(stdout),
    stderr: buffersOf(stderr),
    code: exited.then(() => child.exitCode),
  };
}

async function* buffersOf(stream: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, length } of stream) yield Buffer.from(buffer, byteOffset, length);
}

function startWithNode([path = "", ...args]: string[], { cwd, env, signal }: PipedOptions): Started {
  const child = spawn(path, args, { cwd, env, signal, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  const { stdin, stdout, stderr } = child;
  // A program that ends early closes its standard input, which is no error of ours.
  stdin.on("error", () => {});
  return {
    write: (part) => stdin.writable && (stdin.write(part) || ready(stdin)),
    end: () => stdin.end(),
    stdout,
    stderr,
    code: new Promise((resolve) => {
      child.once("error", () => resolve(null));
      child.once("close", resolve);
    }),
  };
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
