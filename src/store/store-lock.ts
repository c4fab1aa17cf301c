import { basename, dirname, join } from "node:path";
import { CliError } from "../errors.ts";
import { ensurePrivateDirectory, requirePrivateDirectory } from "../system/create.ts";
import { inspect, realTarget, requireWritable, storageError } from "../system/files.ts";
import { acquireLock, type Lock, LOCK_WAIT_MS } from "../system/lock.ts";
import { backupsOf } from "./versions.ts";
import type { Paths } from "./home.ts";

/**
 * Whose turn it is to write. The lock in our own directory keeps apart the writers of one home. A home whose
 * contexts file is a symbolic link shares it with others, so its writers take the lock of the real file as well: the
 * one of the home it stands in, or one beside it when its name is not that of a home's file. All take them in the
 * same order, so that no two wait for each other.
 */
export interface Turn {
  /** The real contexts file. */
  target: string;
  /** False when another process took the turn away, or when the link leads elsewhere now. */
  held(): boolean;
}

/**
 * Runs `act` when it is our turn, and again each time it answers `"lost"`: the turn ended before anything was changed.
 */
export async function withTurn<T>(
  paths: Paths,
  { signal, waitMs = LOCK_WAIT_MS }: { signal: AbortSignal; waitMs?: number },
  act: (turn: Turn) => Promise<T | "lost">,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  do {
    const { target, locks } = await enter(paths, { deadline, signal });
    try {
      const held = () => locks.every((lock) => lock.held()) && realTarget(paths.file) === target;
      const result = await act({ target, held });
      if (result !== "lost") return result;
    } finally {
      release(locks);
    }
  } while (performance.now() < deadline);
  throw new CliError("LOCKED", "other processes keep changing the contexts file, or taking its lock", {
    hint: "try again",
  });
}

/** The lock that every writer of this home takes. */
export function lockOf({ own }: Paths): string {
  return join(own, "lock");
}

/** For what is in our own directory only. Gives up when another process is writing. */
export async function withOwnLock(
  paths: Paths,
  signal: AbortSignal,
  act: () => void | Promise<void>,
): Promise<void> {
  ensurePrivateDirectory(paths.own);
  const lock = await acquireLock(lockOf(paths), 0, signal);
  try {
    await act();
  } finally {
    lock.release();
  }
}

/** Throws when a turn could not be taken or not be used. Makes nothing. */
export function requireWritableStore(paths: Paths): void {
  const target = realTarget(paths.file);
  const ours = [paths.own, backupsOf(paths.own), ownOfTarget(paths, target) ?? paths.own];
  for (const directory of ours) requirePrivateDirectory(directory);
  // Where a link leads, no directory is made.
  if (inspect(paths.file)?.isSymbolicLink() && !inspect(dirname(target))) {
    throw storageError("write in", dirname(target), Object.assign(new Error(target), { code: "ENOENT" }));
  }
  for (const directory of [...ours, dirname(target)]) requireWritable(directory);
}

async function enter(paths: Paths, { deadline, signal }: { deadline: number; signal: AbortSignal }) {
  const locks: Lock[] = [];
  let directory = paths.own;
  try {
    ensurePrivateDirectory(directory);
    const target = realTarget(paths.file);
    const own = realTarget(paths.own);
    const other = ownOfTarget(paths, target);
    // A link into a directory that is not there is an error below; nobody asked for that directory.
    if (other !== undefined && other !== own && inspect(dirname(other))) ensurePrivateDirectory(other);
    const beside = other === undefined ? `${target}.bentocloud-lock` : join(other, "lock");
    for (const path of new Set([join(own, "lock"), beside].toSorted())) {
      directory = dirname(path);
      locks.push(await acquireLock(path, Math.max(0, deadline - performance.now()), signal));
    }
    return { target, locks };
  } catch (error) {
    release(locks);
    throw storageError("write in", directory, error);
  }
}

/** Our directory in the home where the real file stands; undefined when its name is not that of a home's file. */
function ownOfTarget(paths: Paths, target: string): string | undefined {
  return basename(target) === basename(paths.file) ? join(dirname(target), basename(paths.own)) : undefined;
}

function release(locks: readonly Lock[]): void {
  for (const lock of locks) lock.release();
}
