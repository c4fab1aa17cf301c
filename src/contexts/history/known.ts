import { join } from "node:path";
import { requirePrivateDirectory } from "../../system/create.ts";
import { discard } from "../../system/files.ts";
import { replaceFile, sweepTemporaries } from "../../system/replace.ts";
import { KNOWN_FILE, MARK, readKnownBytes } from "./glance.ts";

/**
 * The contexts file as we last left it, kept beside it. What is missing from the file since, another program took
 * away. It never says more than the file did: before a write of ours that takes something out it goes away, and it is
 * made anew once the write is done, so that a process killed in between makes no one look guilty.
 */
export interface Known {
  text: string;
  /** The real path of the file it was. A link may lead elsewhere since. */
  target: string;
}

/** Undefined also when somebody else made the directory: what they know says nothing of this user's file. */
export function readKnown(own: string): Known | undefined {
  if (!isPrivate(own)) return undefined;
  const all = readKnownBytes(own)?.toString("utf8") ?? "";
  const end = all.lastIndexOf(MARK);
  if (end === -1) return undefined;
  return { text: all.slice(0, end), target: all.slice(end + MARK.length).trimEnd() };
}

/** For the holder of the store's lock only. Without a text, there is no file to know. */
export function writeKnown(own: string, text: string | undefined, target: string): void {
  if (text === undefined) return forgetKnown(own);
  sweepTemporaries(own, (name) => name === KNOWN_FILE);
  const whole = `${text}${MARK}${target}\n`;
  replaceFile({
    target: join(own, KNOWN_FILE),
    text: whole,
    mode: 0o600,
    durable: false,
    stillValid: () => true,
  });
}

export function forgetKnown(own: string): void {
  discard(join(own, KNOWN_FILE));
}

function isPrivate(own: string): boolean {
  try {
    requirePrivateDirectory(own);
    return true;
  } catch {
    return false;
  }
}
