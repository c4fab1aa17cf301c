import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CliError } from "../errors.ts";
import { codeOf, storageError } from "./storage-error.ts";
import { userId } from "./runtime.ts";

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
    // Bun asks `/proc`, which a container may lack.
    if (codeOf(error) === "ENOENT" && existsSync(path))
      return dirname(path) === path ? path : realTarget(path);
    throw storageError("read", path, error);
  }
}

/**
 * Creates nothing.
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
 * The names in a directory; none where there is no directory.
 *
 * @throws CliError `STORAGE`
 */
export function listDirectory(path: string): string[] {
  try {
    return uninterrupted(() => readdirSync(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw storageError("read", path, error);
  }
}

/** @throws CliError `STORAGE` */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    throw storageError("remove", path, error);
  }
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

/** Longer than a virus scanner, an indexer or a backup has a small file open. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 20;

/** On Windows repeats for 2 s what another program forbids for as long as it has a file open. */
export function patiently<T>(act: () => T, mayPass: (code: string) => boolean): T {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return uninterrupted(act);
    } catch (error) {
      const isWaiting = process.platform === "win32" && performance.now() < deadline;
      if (!isWaiting || !mayPass(codeOf(error))) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/**
 * Moves a file over another, which Windows forbids while a program has one of them open. Asks `stillValid` right before
 * each attempt, and is false when that says no.
 */
export function moveOver(from: string, to: string, stillValid = () => true): boolean {
  return patiently(
    () => stillValid() && (renameSync(from, to), true),
    (code) => ["EACCES", "EBUSY", "EPERM"].includes(code) && isReplaceable(to),
  );
}

function isReplaceable(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined || (stats.isFile() && (stats.mode & 0o200) !== 0);
}

/**
 * The stats of a path, of the link itself if it is one; undefined when nothing is there.
 *
 * @throws CliError `STORAGE` where that cannot be told
 */
export function inspect(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw storageError("read", path, error);
  }
}

/** Whether a file stands where the path needs a directory. Windows says of both that nothing is there. */
export function isBelowFile(path: string): boolean {
  if (process.platform !== "win32") return false;
  let above = dirname(path);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  return statSync(above, { throwIfNoEntry: false })?.isDirectory() === false;
}

/** With the sticky bit and its like. On Windows, where they say nothing, those of a file for its owner alone. */
export function permissionsOf(stats: Stats): number {
  return process.platform === "win32" ? 0o600 : stats.mode & 0o7777;
}

/** Like {@link inspect}, but follows links. */
export function inspectTarget(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw storageError("read", path, error);
  }
}
