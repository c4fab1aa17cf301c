import {
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { codeOf, listDirectory } from "./files.ts";

export interface Replacement {
  /** The final path, with every symbolic link already followed. */
  target: string;
  text: string;
  mode: number;
  /** Kept when a privileged user writes another user's file. */
  owner?: { uid: number; gid: number } | undefined;
  /** Asked right before the rename; false leaves everything as it was. */
  stillValid: () => boolean;
}

/**
 * Puts a new version of a file in place in one step: a reader sees the old one or the new one, whole. False when
 * `stillValid` said no.
 */
export function replaceFile(replacement: Replacement): boolean {
  const { target, text, mode, owner, stillValid } = replacement;
  const temporary = `${target}.${process.pid}-${crypto.randomUUID().slice(0, 8)}${TEMPORARY_SUFFIX}`;
  try {
    writeDurably(temporary, text, mode);
    if (owner && process.getuid?.() === 0) chownSync(temporary, owner.uid, owner.gid);
    if (!stillValid()) return false;
    renameSync(temporary, target);
    syncDirectory(dirname(target));
    return true;
  } finally {
    rmSync(temporary, { force: true });
  }
}

const TEMPORARY_SUFFIX = ".tmp";

/** Takes away what writers killed in the middle of {@link replaceFile} left beside `target`. */
export function sweepTemporaries(target: string): void {
  sweepDirectory(dirname(target), `${basename(target)}.`);
}

/** The same for every file of a directory that is ours alone. */
export function sweepDirectory(directory: string, prefix = ""): void {
  for (const name of listDirectory(directory)) {
    if (name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX))
      rmSync(join(directory, name), { force: true });
  }
}

/** Writes a new file with its final mode from the first byte on, and waits until it is on the disk. */
function writeDurably(path: string, text: string, mode: number): void {
  const descriptor = openSync(path, "wx", mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a rename last through a power cut. Not every file system or platform lets a directory be synced. */
function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"].includes(codeOf(error))) throw error;
  }
}
