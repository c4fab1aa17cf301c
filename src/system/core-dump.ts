import { readFileSync, writeFileSync } from "node:fs";
import { setCoreLimit } from "./libc.ts";

/** Which parts of the memory Linux puts into a core dump, as a mask in hexadecimal. */
const FILTER = "/proc/self/coredump_filter";

interface Settings {
  filter: string;
  /** Undefined when it was 0, and nothing had to be done. */
  limit: bigint | undefined;
}

let original: Settings | undefined;

/**
 * A core dump has the memory of a process that crashed, tokens included. So on Linux its size is limited to nothing. A
 * program that collects dumps gets one all the same, in which the memory is left out then. On macOS and Windows there are
 * no dumps unless somebody turned them on, and then they are left alone.
 */
export async function forbidCoreDumps(): Promise<void> {
  if (process.platform !== "linux") return;
  try {
    const filter = `0x${readFileSync(FILTER, "utf8").trim()}`;
    writeFileSync(FILTER, "0");
    const isOff = /^Max core file size +0 /m.test(readFileSync("/proc/self/limits", "utf8"));
    original = { filter, limit: isOff ? undefined : await setCoreLimit(0n) };
  } catch {
    // Without /proc there is nothing to set.
  }
}

/** For a program that is started from here, because it inherits these settings. */
export async function allowCoreDumps(): Promise<void> {
  if (!original) return;
  try {
    writeFileSync(FILTER, original.filter);
    if (original.limit !== undefined) await setCoreLimit(original.limit);
  } catch {
    // A program must not fail because of this.
  }
}
