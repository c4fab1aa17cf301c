import { join } from "node:path";
import { requirePrivateDirectory } from "../../system/create.ts";
import { discard, type FileText, readRegularFile } from "../../system/files.ts";
import { replaceFile, sweepTemporaries } from "../../system/replace.ts";

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

const FILE = "known.yaml";
/** Behind the text, with the path. */
const MARK = "\n# of ";

/** Whether the file says what it said when we last left it. A glance, because every command that reads takes it. */
export function isAsKnown(own: string, raw: FileText | undefined): boolean {
  const known = readBytes(own);
  if (!known) return true;
  const length = raw?.bytes.length ?? 0;
  const rest = known.subarray(length, length + MARK.length);
  return raw !== undefined && rest.toString() === MARK && known.subarray(0, length).equals(raw.bytes);
}

/** Undefined also when somebody else made the directory: what they know says nothing of this user's file. */
export function readKnown(own: string): Known | undefined {
  if (!isPrivate(own)) return undefined;
  const all = readBytes(own)?.toString("utf8") ?? "";
  const end = all.lastIndexOf(MARK);
  if (end === -1) return undefined;
  return { text: all.slice(0, end), target: all.slice(end + MARK.length).trimEnd() };
}

/** For the holder of the store's lock only. Without a text, there is no file to know. */
export function writeKnown(own: string, text: string | undefined, target: string): void {
  if (text === undefined) return forgetKnown(own);
  sweepTemporaries(own, (name) => name === FILE);
  const whole = `${text}${MARK}${target}\n`;
  replaceFile({
    target: join(own, FILE),
    text: whole,
    mode: 0o600,
    durable: false,
    stillValid: () => true,
  });
}

export function forgetKnown(own: string): void {
  discard(join(own, FILE));
}

function isPrivate(own: string): boolean {
  try {
    requirePrivateDirectory(own);
    return true;
  } catch {
    return false;
  }
}

function readBytes(own: string): Buffer | undefined {
  try {
    return readRegularFile(join(own, FILE))?.bytes;
  } catch {
    // What cannot be read is not known.
    return undefined;
  }
}
