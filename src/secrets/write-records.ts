import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cancelled, CliError } from "../errors.ts";
import { ensurePrivateDirectory } from "../system/create-file.ts";
import { acquireLock, type Lock, LOCK_WAIT_MS } from "../system/lock.ts";
import { writeOwnList } from "../system/own-json.ts";
import { RECORDS_FILE } from "./has-records.ts";
import type { SecretRecord } from "./records.ts";

const RETRY_MS = 20;

/** For the holder of the lock only. */
export function writeRecords(own: string, records: readonly SecretRecord[]): void {
  writeOwnList(join(own, RECORDS_FILE), records);
}

/**
 * One change of the stores at a time. A store may take seconds for each step, so only the lock of a process that has ended
 * is broken, however old it is: each attempt is a new one.
 */
export async function withRecordsLock<T>(
  own: string,
  { signal, waitMs = LOCK_WAIT_MS }: { signal: AbortSignal; waitMs?: number },
  act: () => Promise<T>,
): Promise<T> {
  ensurePrivateDirectory(own);
  const path = join(own, "stores-lock");
  const deadline = performance.now() + waitMs;
  const acquire = async (): Promise<Lock> => {
    try {
      return await acquireLock(path, 0, signal);
    } catch (error) {
      const isTaken = error instanceof CliError && error.code === "LOCKED";
      if (!isTaken || performance.now() >= deadline) throw error;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {
        throw cancelled();
      });
      return acquire();
    }
  };
  const lock = await acquire();
  try {
    return await act();
  } finally {
    lock.release();
  }
}
