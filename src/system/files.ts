import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CliError } from "../errors.ts";
import { userId } from "./runtime.ts";
import { codeOf, NotRegularError, storageError, TooLargeError } from "./storage-error.ts";

export interface FileText {
  bytes: Buffer;
  /** Permission bits. On Windows, where they say nothing, always 0o600. */
  mode: number;
  /** When the file last changed, in milliseconds; no earlier than its last change before `bytes` were read. */
  modifiedAt: number;
  uid: number;
  gid: number;
}

interface ReadOptions {
  /** In bytes. */
  limit?: number;
  /** False refuses a symbolic link in the file's place. */
  follow?: boolean;
}

/**
 * The content of a regular file, or undefined where none is. What is checked and what is read is one open file. It is
 * opened without waiting, so that a FIFO or a device put in a file's place is noticed instead of read.
 */
export function readRegularFile(
  path: string,
  { limit = Number.POSITIVE_INFINITY, follow = true }: ReadOptions = {},
): FileText | undefined {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0, O_NOFOLLOW = 0 } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return undefined;
    // A socket cannot be opened at all, Windows refuses to open a directory, and ELOOP is a link with O_NOFOLLOW.
    if (code === "ENXIO" || code === "EISDIR" || (code === "ELOOP" && !follow))
      throw new NotRegularError(path);
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new NotRegularError(path);
    if (stats.size > limit) throw new TooLargeError(path);
    const bytes = readFileSync(descriptor);
    return {
      bytes,
      mode: permissionsOf(stats) & 0o777,
      modifiedAt: fstatSync(descriptor).mtimeMs,
      uid: stats.uid,
      gid: stats.gid,
    };
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a file with this owner may be believed: it is this user's, or root's. Root believes everybody's. */
function isTrustedOwner({ uid }: { uid: number }): boolean {
  const user = userId();
  return user === undefined || user === 0 || uid === user || uid === 0;
}

const LARGEST_OWN = 64 * 1024 * 1024;

/**
 * The content of a file that only this program writes; undefined where none is.
 *
 * @throws CliError `STORAGE` for a link, something that is no file, and a file of another user.
 */
export function readOwnFile(path: string): Buffer | undefined {
  try {
    const file = readRegularFile(path, { limit: LARGEST_OWN, follow: false });
    if (file && !isTrustedOwner(file)) throw new CliError("STORAGE", `${path} belongs to another user`);
    return file?.bytes;
  } catch (error) {
    throw storageError("read", path, error);
  }
}

/**
 * Where a write to `path` must land: symbolic links are followed, the last one also when its target is missing. Only
 * directories are given to `realpathSync`: Bun's fails for a file that another process replaces meanwhile.
 */
export function realTarget(path: string): string {
  let current = resolve(path);
  for (let links = 0; links < 40; links += 1) {
    const folder = realDirectory(dirname(current));
    if (!inspect(current)?.isSymbolicLink()) return join(folder, basename(current));
    // From the real directory: `..` in a link means its parent, not that of the path which led here.
    current = resolve(folder, readlinkSync(current));
  }
  throw new CliError("STORAGE", `${path} is a loop of symbolic links`);
}

function realDirectory(path: string): string {
  try {
    return existsSync(path) ? realpathSync(path) : path;
  } catch (error) {
    throw storageError("read", path, error);
  }
}

/**
 * Makes nothing.
 *
 * @throws CliError `STORAGE` when a file could not be made in `directory`, or in the nearest parent that exists.
 */
export function requireWritable(directory: string): void {
  let existing = directory;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    if (!statSync(existing).isDirectory()) throw Object.assign(new Error(existing), { code: "ENOTDIR" });
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    // Deno answers from the mode alone, which does not bind root.
    if (userId() !== 0 || codeOf(error) !== "EACCES") throw storageError("write in", existing, error);
  }
}

/**
 * The names in a directory; none where there is no directory, or one that this user may not look into.
 *
 * @throws CliError `STORAGE`
 */
export function listDirectory(path: string): string[] {
  try {
    return uninterrupted(() => readdirSync(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "EACCES") return [];
    throw storageError("read", path, error);
  }
}

export function removeFile(path: string): void {
  unlinkSync(path);
}

/** The names in a directory; none where it cannot be listed, for whatever reason. */
export function namesIn(directory: string): string[] {
  try {
    return listDirectory(directory);
  } catch {
    return [];
  }
}

/** Gives a file another name if that can be done. */
export function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // It is gone, or stays what it was called.
  }
}

/** Removes a file if that can be done. */
export function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already, or stays.
  }
}

/** Repeats a call that a signal cut short before it did anything. */
export function uninterrupted<T>(act: () => T): T {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return act();
    } catch (error) {
      if (codeOf(error) !== "EINTR" || attempt === 5) throw error;
    }
  }
}

/** What stands at the path itself, without following a link; undefined when nothing does. */
export function inspect(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) === "ENOTDIR" || codeOf(error) === "EACCES") return undefined;
    throw storageError("read", path, error);
  }
}

/** With the sticky bit and its like. On Windows, where they say nothing, those of a file for its owner alone. */
export function permissionsOf(stats: Stats): number {
  return process.platform === "win32" ? 0o600 : stats.mode & 0o7777;
}

/** What stands there once links are followed; undefined when nothing does. */
export function inspectTarget(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) === "ENOTDIR" || codeOf(error) === "EACCES") return undefined;
    throw storageError("read", path, error);
  }
}
