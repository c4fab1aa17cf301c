import { join } from "node:path";
import type { Token } from "../contexts/token.ts";
import { realTarget } from "../system/files.ts";
import { areTexts, readOwnList } from "../system/own-json.ts";
import { sha256 } from "../system/runtime.ts";
import { RECORDS_FILE } from "./has-records.ts";
import type { Entry, Place } from "./secret-store.ts";

/**
 * What a reference in the contexts file means. The file is for this user alone, and no command ever comes from the
 * contexts file or a `.bentorc`.
 */
export interface SecretRecord extends Entry {
  place: Place;
  /** The real path of the contexts file that the reference was made for. */
  file: string;
  /** The beginning of a hash of the token that the store must give; null for a command, which may print a new one. */
  fingerprint: string | null;
  /** Of the text that the reference replaced in the contexts file, and replaces in its versions. */
  replaced: string;
  /**
   * A change of this record has begun. When it is over, a record whose reference is in the contexts file stays, and any
   * other is erased: so the next process can end what a killed one began.
   */
  is_changing: boolean;
  /** It could not be erased. Only `doctor --fix` tries again: a store that hangs must not slow down every command. */
  has_failed: boolean;
}

/** @throws CliError `CORRUPT` */
export function readRecords(own: string): SecretRecord[] {
  return readOwnList(join(own, RECORDS_FILE), isRecord, {
    what: "a record of where API tokens are kept",
    hint: "correct it: without it, the tokens that are kept elsewhere cannot be found",
  });
}

/** The record of a reference, if it was made for this contexts file. */
export function findRecord(
  { own, file }: { own: string; file: string },
  id: string | undefined,
): SecretRecord | undefined {
  if (id === undefined) return undefined;
  const target = realTarget(file);
  const isIts = (record: SecretRecord) => record.id === id && record.file === target;
  const known = (seen.get(own) ?? []).find(isIts);
  if (known) return known;
  const records = readRecords(own);
  seen.set(own, records);
  return records.find(isIts);
}

/** What an ID means never changes, so a list of a thousand contexts reads the file once. */
const seen = new Map<string, SecretRecord[]>();

/**
 * 24 bits tell the tokens of a user apart. More of them would give the token away: it has a time and a counter, so whoever
 * has a copy of this file could try all that it may be, until the hash is right.
 */
export function tokenFingerprint(token: Token): string {
  return sha256(token.reveal()).slice(0, 6);
}

/** Whether the next command ends a change that was begun. */
export function isOpen({ is_changing, has_failed }: SecretRecord): boolean {
  return is_changing && !has_failed;
}

function isRecord(value: unknown): value is SecretRecord {
  const { id, context, endpoint, place, file, fingerprint, replaced, is_changing, has_failed } = (value ??
    {}) as Partial<SecretRecord>;
  return (
    areTexts(id, context, endpoint, file, replaced, fingerprint ?? "") &&
    [is_changing, has_failed].every((field) => typeof field === "boolean") &&
    isPlace(place)
  );
}

function isPlace(place: Place | undefined): boolean {
  if (place?.kind === "helper") return areTexts(place.name);
  if (place?.kind === "command")
    return Array.isArray(place.argv) && place.argv.length > 0 && areTexts(...(place.argv as unknown[]));
  return place?.kind === "keyring";
}
