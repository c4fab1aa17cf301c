import { basename, dirname, join } from "node:path";
import { CliError } from "../errors.ts";
import { ensurePrivateDirectory, requirePrivateDirectory } from "../system/create-file.ts";
import { inspect, realTarget, requireWritable } from "../system/files.ts";
import { storageError } from "../system/storage-error.ts";
import { acquireLock, type Lock, LOCK_WAIT_MS } from "../system/lock.ts";
import { isHomeFile, type Paths } from "./paths.ts";
import { versionsFolder } from "./versions.ts";

/**
 * One writer at a time. The lock in our own directory keeps apart the writers of one home. A contexts file that is a
 * link to some other file may be shared with other homes, so its writers take a lock beside the real file as well. All
 * take them in the same order, so that no two wait for each other.
 */
export interface StoreLock {
  /** The real contexts file. */
  target: string;
  /** False when another process broke the lock, or when the link leads elsewhere now. */
  held(): boolean;
}

/**
 * Runs `attempt` under the lock until it answers something; undefined means that the lock was lost or that the file
 * changed, and that nothing was written. The lock is released between attempts, which end after `waitMs`.
 *
 * @throws CliError `LOCKED`, `CANCELLED` or `STORAGE`
 */
export async function withStoreLock<T>(
  paths: Paths,
  { signal, waitMs = LOCK_WAIT_MS }: { signal: AbortSignal; waitMs?: number },
  attempt: (lock: StoreLock) => Promise<T | undefined>,
): Promise<T> {
  let deadline: number | undefined;
  do {
    const { target, locks } = await acquire(paths, { waitMs, signal });
    deadline ??= performance.now() + waitMs;
    try {
      const held = () => locks.every((lock) => lock.held()) && realTarget(paths.file) === target;
      const result = await attempt({ target, held });
      if (result !== undefined) return result;
    } finally {
      release(locks);
    }
  } while (performance.now() < deadline);
  throw new CliError("LOCKED", "other programs keep changing the contexts file", { hint: "try again" });
}

/** Throws when the lock could not be taken or the file could not be written. Creates nothing. */
export function requireWritableStore(paths: Paths): void {
  const target = realTarget(paths.file);
  const ours = [paths.own, versionsFolder(paths.own)];
  for (const directory of ours) {
    requirePrivateDirectory(directory);
    requireWritable(directory);
  }
  // No directory is created where a link leads.
  if (inspect(paths.file)?.isSymbolicLink() && !inspect(dirname(target)))
    throw storageError("write in", dirname(target), Object.assign(new Error(target), { code: "ENOENT" }));
  requireWritable(dirname(target));
}

async function acquire(paths: Paths, { waitMs, signal }: { waitMs: number; signal: AbortSignal }) {
  const locks: Lock[] = [];
  let directory = paths.own;
  try {
    ensurePrivateDirectory(directory);
    const target = realTarget(paths.file);
    const wanted = [join(realTarget(paths.own), "lock")];
    if (!isHomeFile(target)) wanted.push(besideTarget(target, "lock"));
    for (const path of wanted.toSorted()) {
      directory = dirname(path);
      locks.push(await acquireLock(path, waitMs, signal));
    }
    return { target, locks };
  } catch (error) {
    release(locks);
    throw storageError("write in", directory, error);
  }
}

/** A file of ours that belongs to a contexts file which stands in no home. */
export function besideTarget(target: string, name: string): string {
  return join(dirname(target), `${basename(target)}.bentocloud-${name}`);
}

function release(locks: readonly Lock[]): void {
  for (const lock of locks) lock.release();
}
