import { basename, dirname, join } from "node:path";
import { isPrivateDirectory } from "../system/create.ts";
import { discard, inspect, readRegularFile, realTarget } from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import type { Paths } from "./home.ts";
import { KNOWN_FILE, MARK } from "./glance.ts";

/**
 * The contexts file as we last left it, kept beside it. What is missing from the file since, another program took
 * away. It never says more than the file did: before a write of ours that takes something out it goes away, and it is
 * made anew once the write is done, so that a process killed in between makes no one look guilty. Where a link leads to
 * the file of another home, what is known of it is kept in that home, because the writers of both know of each other.
 */
const LARGEST = 64 * 1024 * 1024;

/** Undefined also when somebody else made the directory: what they know says nothing of this user's file. */
export function readKnown(paths: Paths): string | undefined {
  const { target, own } = placeOf(paths);
  if (!isPrivateDirectory(own)) return undefined;
  const all = readBytes(join(own, KNOWN_FILE))?.toString("utf8") ?? "";
  const end = all.lastIndexOf(MARK);
  return end !== -1 && all.slice(end + MARK.length).trimEnd() === target ? all.slice(0, end) : undefined;
}

/** For the holder of the store's locks only. Without a text, there is no file to know. */
export function writeKnown(paths: Paths, text: string | undefined): void {
  if (text === undefined) return forgetKnown(paths);
  const { target, own } = placeOf(paths);
  sweepTemporaries(own, (name) => name === KNOWN_FILE);
  replaceFile({
    target: join(own, KNOWN_FILE),
    text: `${text}${MARK}${target}\n`,
    mode: 0o600,
    durable: false,
    stillValid: () => true,
  });
}

export function forgetKnown(paths: Paths): void {
  discard(join(placeOf(paths).own, KNOWN_FILE));
}

/** The real file, and the directory of ours in the home where it stands. */
function placeOf({ file, own }: Paths): { target: string; own: string } {
  const target = realTarget(file);
  const other = join(dirname(target), basename(own));
  return { target, own: basename(target) === basename(file) && inspect(other) ? other : own };
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readRegularFile(path, LARGEST)?.bytes;
  } catch {
    return undefined;
  }
}
