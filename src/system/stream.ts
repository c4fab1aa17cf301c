import { writeSync } from "node:fs";
import { CliError } from "../errors.ts";

export const STDOUT = 1;
export const STDERR = 2;

const WRITE_RETRY_MS = 5;

export function writeLine(descriptor: number, text: string): void {
  write(descriptor, `${text}\n`);
}

/**
 * Synchronous, so that nothing is lost when the process ends and a full disk is an error of this command: a token
 * that was cut short must not look like success. A reader that went away (`| head -1`) is no error; false tells of it.
 */
export function write(descriptor: number, data: string | Uint8Array): boolean {
  let rest = typeof data === "string" ? Buffer.from(data) : data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EAGAIN") {
        // The reader is slow, and its pipe does not block: give it a moment instead of a core.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITE_RETRY_MS);
        continue;
      }
      if (code === "EPIPE" || descriptor === STDERR) return false;
      throw new CliError("STORAGE", `cannot write to standard output (${code ?? "unknown error"})`, {
        cause: error,
      });
    }
  }
  return true;
}
