import { join } from "node:path";
import { requireExpected } from "../errors.ts";
import { inspect } from "../system/files.ts";

export const RECORDS_FILE = "stores.json";

/**
 * Whether tokens may be kept elsewhere. Most users keep none there, and for them nothing more is loaded. Also true where
 * nobody can look: whoever needs the records then fails to read them, and says so.
 */
export function hasRecords(own: string): boolean {
  try {
    return inspect(join(own, RECORDS_FILE)) !== undefined;
  } catch (error) {
    requireExpected(error);
    return true;
  }
}
