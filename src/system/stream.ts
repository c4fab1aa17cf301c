import { writeSync } from "node:fs";
import { CliError } from "../errors.ts";

export const STDOUT = 1;
export const STDERR = 2;

const WRITE_RETRY_MS = 5;
// oxlint-disable-next-line no-control-regex -- every character that is one byte
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * Writes synchronously, so that nothing is lost when the process ends, and a full disk is an error of this command: a
 * token that was cut short must not look like success. False when the reader went away (`| head -1`), which is no error.
 */
export function write(descriptor: number, data: string | Uint8Array): boolean {
  let rest = data;
  while (rest.length > 0) {
    try {
      rest = restAfter(rest, writeSync(descriptor, rest as string));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EAGAIN") {
        // The reader of a pipe is slow: sleep, because trying again at once would use a whole core.
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

/** The data after the first `written` bytes. A text of ASCII that was written whole is not encoded to find that out. */
function restAfter(data: string | Uint8Array, written: number): string | Uint8Array {
  if (typeof data !== "string") return data.subarray(written);
  if (written === data.length && ASCII.test(data)) return "";
  return Buffer.from(data).subarray(written);
}
