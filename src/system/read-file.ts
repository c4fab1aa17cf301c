import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { CliError } from "../errors.ts";
import { isBelowFile, patiently, permissionsOf } from "./files.ts";
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
    const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    descriptor = patiently(
      () => openSync(path, flags),
      (code) => code === "EBUSY",
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" && isBelowFile(path)) throw Object.assign(new Error(path), { code: "ENOTDIR" });
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

/** Whether a file with this owner may choose where a token is sent: it is this user's, or root's. */
export function isTrustedOwner({ uid }: { uid: number }): boolean {
  const user = userId();
  return user === undefined || uid === user || uid === 0;
}

const LARGEST_OWN = 64 * 1024 * 1024;

/**
 * The content of a file that only this program writes; undefined where none is.
 *
 * @throws CliError `STORAGE` for a link, something that is no file, and, but for root, a file of another user.
 */
export function readOwnFile(path: string): Buffer | undefined {
  try {
    const file = readRegularFile(path, { limit: LARGEST_OWN, follow: false });
    // Root works in the homes of others, as with sudo.
    if (file && userId() !== 0 && !isTrustedOwner(file))
      throw new CliError("STORAGE", `${path} belongs to another user`);
    return file?.bytes;
  } catch (error) {
    throw storageError("read", path, error);
  }
}
