import { closeSync, constants, fsyncSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { createFile, type Owner } from "./create-file.ts";
import { discard, moveOver, namesIn, uninterrupted } from "./files.ts";
import { storageError } from "./storage-error.ts";

export interface Replacement {
  /** The final path, with every symbolic link already followed. */
  target: string;
  text: string | Uint8Array;
  mode: number;
  /** Kept when root writes another user's file; the directory's when not given. */
  owner?: Owner | undefined;
  /** False for what may be lost in a power cut; everything else waits until it is on the disk. */
  durable?: boolean;
  /** Asked right before the rename; false leaves everything as it was. */
  stillValid?: () => boolean;
}

/**
 * Puts a new version of a file in place in one step: a reader sees the old one or the new one, whole. False when
 * `stillValid` said no.
 *
 * @throws CliError `STORAGE` that names the file, whose old version stands: nothing after the rename is an error.
 */
export function replaceFile({
  target,
  text,
  mode,
  owner,
  durable = true,
  stillValid = () => true,
}: Replacement): boolean {
  const temporary = `${target}.${process.pid}-${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    createFile(temporary, text, { mode, owner, durable });
    if (!moveOver(temporary, target, stillValid)) return false;
    if (durable) syncDirectory(dirname(target));
    return true;
  } catch (error) {
    throw storageError("write", target, error);
  } finally {
    discard(temporary);
  }
}

const TEMPORARY = /^(.+)\.(\d+)-[0-9a-f]{8}\.tmp$/;

/** Which temporary files, by the name they would have got and the process that made them. */
type Choice = (target: string, pid: number) => boolean;

/**
 * Removes what writers that were killed in the middle of {@link replaceFile} left in a directory. A caller without the
 * lock must choose only the files of processes that have ended.
 */
export function sweepTemporaries(directory: string, isOurs: Choice): void {
  for (const name of namesIn(directory)) {
    const [, target, pid] = TEMPORARY.exec(name) ?? [];
    if (target !== undefined && isOurs(target, Number(pid))) discard(join(directory, name));
  }
}

/** Makes a rename last through a power cut, where the platform and the file system let a directory be synced. */
function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      uninterrupted(() => fsyncSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // The new version is in place all the same.
  }
}
