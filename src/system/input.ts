import { openAsBlob } from "node:fs";
import { access, constants, readFile, stat } from "node:fs/promises";
import { cancelled, CliError, usageError } from "../errors.ts";
import { requireExactPath } from "./runtime.ts";
import { codeOf } from "./storage-error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file, pipe or device that the user names, or standard input for `-`. */
export async function readInput(name: string, signal: AbortSignal): Promise<Bytes> {
  if (name === "-") return readStdin(signal);
  requireExactPath(name, "the name of a file");
  try {
    return await readFile(name, { signal });
  } catch (error) {
    if (signal.aborted) throw cancelled();
    throw unreadable(name, error);
  }
}

/** Like {@link readInput}, for an upload: a file is read while it is sent, because it may be larger than memory. */
export async function openInput(name: string, signal: AbortSignal): Promise<Bytes | Blob> {
  const isFile = name !== "-" && (await stat(name).catch(() => undefined))?.isFile();
  if (!isFile) return readInput(name, signal);
  try {
    await access(name, constants.R_OK);
    return await openAsBlob(name);
  } catch (error) {
    throw unreadable(name, error);
  }
}

const MAX_TOKEN_BYTES = 64 * 1024;

/** A token that is piped in. */
export async function readTokenText(signal: AbortSignal): Promise<string> {
  return new TextDecoder().decode(await readStdin(signal, MAX_TOKEN_BYTES));
}

/** Standard input to its end. */
export async function readStdin(signal: AbortSignal, limit = Number.POSITIVE_INFINITY): Promise<Bytes> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const bytes of inputPieces(signal)) {
    size += bytes.byteLength;
    if (size > limit) throw usageError("standard input holds more than one token");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Standard input as it comes. */
export async function* inputPieces(signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => process.stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of process.stdin) yield Buffer.from(chunk as Uint8Array);
  } catch (error) {
    if (!signal.aborted) throw new CliError("FAILURE", "standard input cannot be read", { cause: error });
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) throw cancelled();
}

function unreadable(name: string, error: unknown): CliError {
  return usageError(`the file ${name} cannot be read (${codeOf(error)})`);
}
