import { join } from "node:path";
import { type FileText, inspect, readRegularFile, TooLargeError } from "../system/files.ts";
import type { Paths } from "./home.ts";

/** The copy's place in our own directory, and what stands in it between the text and the path of the file. */
export const KNOWN_FILE = "known.yaml";
export const MARK = "\n# of ";
const LONGEST_PATH = 4200;

/**
 * Whether the file says what it said when we last left it. Apart from what else there is to know, because every command
 * that reads asks this.
 */
export function isAsKnown({ file, own }: Paths, raw: FileText | undefined): boolean {
  // What is known of a file that a link leads to is not kept here alone, and takes more than a glance.
  if (inspect(file)?.isSymbolicLink()) return false;
  const length = raw?.bytes.length ?? 0;
  try {
    const known = readRegularFile(join(own, KNOWN_FILE), length + MARK.length + LONGEST_PATH)?.bytes;
    if (!known) return true;
    const rest = known.subarray(length, length + MARK.length);
    return raw !== undefined && rest.toString() === MARK && known.subarray(0, length).equals(raw.bytes);
  } catch (error) {
    return !(error instanceof TooLargeError);
  }
}
