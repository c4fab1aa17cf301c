import { join } from "node:path";
import { inspect } from "../system/files.ts";

export const RECORDS_FILE = "stores.json";

/** Whether tokens may be kept elsewhere. Most users keep none there, and for them nothing more is loaded. */
export function hasRecords(own: string): boolean {
  return inspect(join(own, RECORDS_FILE)) !== undefined;
}
