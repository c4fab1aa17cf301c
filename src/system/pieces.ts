import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from "node:fs";
import { join } from "node:path";
import { codeOf, NotRegularError } from "./storage-error.ts";

/** A path as the system knows it: bytes, where they are not valid UTF-8. */
export type BytePath = string | Buffer;

/**
 * Reads a regular file to its end in constant memory, and yields how many bytes were put where `room` says. Instead of
 * following a link, gives the text of the link. A file is opened without waiting, so that a FIFO is noticed instead of
 * read.
 *
 * @throws NotRegularError, or the system's error
 */
export function* readInPieces(path: BytePath, room: () => Buffer): Generator<number> {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0, O_NOFOLLOW = 0 } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === "ELOOP") return yield readlinkSync(path, { encoding: "buffer" }).copy(room());
    if (codeOf(error) === "ENXIO") throw new NotRegularError(String(path));
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new NotRegularError(String(path));
    let total = 0;
    for (;;) {
      const buffer = room();
      const count = readSync(descriptor, buffer, 0, buffer.length, null);
      if (count === 0) return;
      yield count;
      total += count;
      // What a program keeps adding meanwhile would have no end. Files of the kernel have no size.
      if (stats.size > 0 && total >= stats.size) return;
    }
  } finally {
    closeSync(descriptor);
  }
}

export interface WalkOptions {
  /** Whether to go into a directory. */
  enters?: (name: string, depth: number, path: BytePath) => boolean;
  /** Told which directory cannot be listed. */
  onError: (path: BytePath, error: unknown) => void;
}

/** Every file below a directory. Follows no link. */
export function* walkFiles(root: BytePath, options: WalkOptions, depth = 0): Generator<BytePath> {
  let names: Buffer[];
  try {
    names = readdirSync(root, { encoding: "buffer" });
  } catch (error) {
    return options.onError(root, error);
  }
  for (const name of names) {
    const path = joinBytes(root, name);
    if (!isDirectory(path)) yield path;
    else if (options.enters?.(name.toString(), depth, path) ?? true)
      yield* walkFiles(path, options, depth + 1);
  }
}

const isWindows = process.platform === "win32";

/** A link to a directory is none. */
export function isDirectory(path: BytePath): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    // Reading the path fails too, and that error has the reason.
    return false;
  }
}

/** Whether no part of an absolute path is a symbolic link. True where nothing is. */
export function isRealDirectory(path: BytePath): boolean {
  try {
    if (isWindows) return realpathSync(String(path)).toLowerCase() === String(path).toLowerCase();
    return realpathSync(path, { encoding: "buffer" }).equals(Buffer.from(path as string));
  } catch (error) {
    return codeOf(error) === "ENOENT";
  }
}

/** The name in a directory, which git writes with slashes; a string when that names the same file. */
export function joinBytes(directory: BytePath, name: Buffer): BytePath {
  if (name.length === 0) return directory;
  const text = name.toString();
  if (isWindows) return join(String(directory), text);
  if (typeof directory === "string" && !text.includes("\ufffd")) return `${directory}/${text}`;
  return Buffer.concat([Buffer.from(directory as string), Buffer.from("/"), name]);
}
