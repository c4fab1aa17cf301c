import { dirname, join } from "node:path";
import { CliError } from "../errors.ts";
import { ensurePrivateDirectory } from "../system/create-file.ts";
import { acquireLock } from "../system/lock.ts";
import { readOwnJson, writeOwnJson } from "../system/own-json.ts";
import { storageError } from "../system/storage-error.ts";
import type { Entry, Place } from "./secret-store.ts";

/**
 * What a reference in the contexts file means. The file is for this user alone, and no command ever comes from the
 * contexts file or a `.bentorc`.
 */
export interface SecretRecord extends Entry {
  place: Place;
  /** The real path of the contexts file that the reference was made for. */
  file: string;
  /** The beginning of a hash of the token, which finds copies of it in versions; null for a command. */
  fingerprint: string | null;
  /**
   * A change of this record has begun. When it is over, a record whose reference is in the contexts file stays, and any
   * other is erased: so the next process can end what a killed one began.
   */
  is_changing: boolean;
}

/** @throws CliError `CORRUPT` */
export function readRecords(own: string): SecretRecord[] {
  const path = join(own, FILE);
  try {
    const records = readOwnJson(path) ?? [];
    if (Array.isArray(records) && records.every(isRecord)) return records;
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  throw new CliError("CORRUPT", `${path} is not a record of where API tokens are kept`, {
    hint: "correct it: without it, the tokens that are kept elsewhere cannot be found",
  });
}

export const FILE = "stores.json";

/** For the holder of the lock only. */
export function writeRecords(own: string, records: readonly SecretRecord[]): void {
  const path = join(own, FILE);
  try {
    ensurePrivateDirectory(dirname(path));
    writeOwnJson(path, records.length > 0 ? records : undefined, { durable: true });
  } catch (error) {
    throw storageError("write", path, error);
  }
}

/** Shorter than the time after which a waiting process breaks the lock of one that still runs. */
const WAIT_MS = 4_000;

/** One change of the stores at a time. */
export async function withRecordsLock<T>(
  own: string,
  { signal, waitMs = WAIT_MS }: { signal: AbortSignal; waitMs?: number },
  act: () => Promise<T>,
): Promise<T> {
  ensurePrivateDirectory(own);
  const path = join(own, "stores-lock");
  const lock = await acquireLock(path, waitMs, signal).catch((error: unknown) => {
    throw storageError("write", path, error);
  });
  try {
    return await act();
  } finally {
    lock.release();
  }
}

function isRecord(value: unknown): value is SecretRecord {
  const { id, context, endpoint, place, file, fingerprint, is_changing } = (value ??
    {}) as Partial<SecretRecord>;
  return (
    areTexts(id, context, endpoint, file, fingerprint ?? "") &&
    typeof is_changing === "boolean" &&
    isPlace(place)
  );
}

function isPlace(place: Place | undefined): boolean {
  if (place?.kind === "helper") return areTexts(place.name);
  if (place?.kind === "command")
    return Array.isArray(place.argv) && place.argv.length > 0 && areTexts(...(place.argv as unknown[]));
  return place?.kind === "keyring";
}

function areTexts(...fields: unknown[]): boolean {
  return fields.every((field) => typeof field === "string");
}
