import { join } from "node:path";
import { type FileText, readRegularFile } from "../../system/files.ts";

/** The copy's place in our own directory, and what stands in it between the text and the path of the file. */
export const KNOWN_FILE = "known.yaml";
export const MARK = "\n# of ";

/**
 * Whether the file says what it said when we last left it. Apart from what else there is to know, because every command
 * that reads asks this.
 */
export function isAsKnown(own: string, raw: FileText | undefined): boolean {
  const known = readKnownBytes(own);
  if (!known) return true;
  const length = raw?.bytes.length ?? 0;
  const rest = known.subarray(length, length + MARK.length);
  return raw !== undefined && rest.toString() === MARK && known.subarray(0, length).equals(raw.bytes);
}

/** Undefined also when it cannot be read. */
export function readKnownBytes(own: string): Buffer | undefined {
  try {
    return readRegularFile(join(own, KNOWN_FILE))?.bytes;
  } catch {
    return undefined;
  }
}
