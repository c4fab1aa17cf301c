import { join } from "node:path";
import { parseJSON, stringifyJSON } from "confbox/json";
import { CliError } from "../errors.ts";
import { ensurePrivateDirectory, requirePrivateDirectory } from "../system/create.ts";
import { readRegularFile, removeFile, storageError } from "../system/files.ts";
import { acquireLock } from "../system/lock.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import type { Paths } from "../store/home.ts";

/**
 * The rotations that have begun and not ended, with both secrets, so that whatever moment a process dies in, the next
 * one knows what there is on the server and can go on or take it back. On the disk before the request that it is about.
 */
export interface Rotation {
  id: string;
  endpoint: string;
  /** RFC 3339. */
  started_at: string;
  /** Whose token it is; the successor must turn out to be the same person's. */
  identity: { verdict: string; email: string | null; organization: string | null };
  old: { uid: string; name: string; token: string };
  /** What the successor is asked to be; `expires_at` is RFC 3339. */
  wanted: {
    name: string;
    description: string;
    scopes: string[];
    expires_at: string | null;
    /** What else the server says of the old one. */
    flags: Record<string, boolean>;
  };
  /** Null until the server has answered; there may be one all the same. */
  successor: { uid: string; token: string } | null;
}

const FILE = "rotations.json";
export const ROTATION_LOCK = "rotation-lock";

/** @throws CliError `CORRUPT` for a journal that cannot be understood: it may hold the only copy of a secret. */
export function readRotations(own: string): Rotation[] {
  const path = join(own, FILE);
  try {
    requirePrivateDirectory(own);
    const text = readRegularFile(path)?.bytes.toString("utf8");
    if (text === undefined) return [];
    const rotations = parseJSON(text);
    if (Array.isArray(rotations) && rotations.every(isRotation)) return rotations;
  } catch (error) {
    const failure = storageError("read", path, error);
    if (failure instanceof CliError) throw failure;
  }
  throw new CliError("CORRUPT", `${path} is no record of token rotations`, {
    hint: "it may hold API tokens that stand nowhere else: look into it, and move it away",
  });
}

/** Adds it, or notes how far it has come. For the holder of the rotation lock only. */
export function noteRotation(own: string, rotation: Rotation): void {
  const others = readRotations(own).filter(({ id }) => id !== rotation.id);
  write(own, [...others, rotation]);
}

/** The same for one that has ended. */
export function dropRotation(own: string, { id }: Rotation): void {
  write(
    own,
    readRotations(own).filter((one) => one.id !== id),
  );
}

function write(own: string, rotations: readonly Rotation[]): void {
  const target = join(own, FILE);
  try {
    ensurePrivateDirectory(own);
    sweepTemporaries(own, (name) => name === FILE);
    if (rotations.length === 0) {
      if (readRegularFile(target)) removeFile(target);
      return;
    }
    const text = stringifyJSON(rotations, { indent: 2, whitespace: { start: "", end: "\n" } } as never);
    replaceFile({ target, text, mode: 0o600, stillValid: () => true });
  } catch (error) {
    throw storageError("write", target, error);
  }
}

/** One rotation at a time, for as long as the server takes: only the lock of a process that has ended is broken. */
export async function withRotationLock<T>(
  { own }: Paths,
  signal: AbortSignal,
  act: () => Promise<T>,
): Promise<T> {
  ensurePrivateDirectory(own);
  const path = join(own, ROTATION_LOCK);
  const lock = await acquireLock(path, 0, signal).catch((error: unknown) => {
    if (!(error instanceof CliError) || error.code !== "LOCKED") throw storageError("write", path, error);
    throw new CliError("LOCKED", "another process is rotating an API token", { hint: error.hint });
  });
  try {
    return await act();
  } finally {
    lock.release();
  }
}

function isRotation(value: unknown): value is Rotation {
  const { id, endpoint, started_at, identity, old, wanted, successor } = (value ?? {}) as Record<
    string,
    Record<string, unknown> | null
  >;
  const areTexts = (...fields: unknown[]) => fields.every((field) => typeof field === "string");
  return (
    areTexts(id, endpoint, started_at, identity?.["verdict"]) &&
    areTexts(old?.["uid"], old?.["name"], old?.["token"]) &&
    areTexts(wanted?.["name"], wanted?.["description"]) &&
    Array.isArray(wanted?.["scopes"]) &&
    (successor === null || areTexts(successor?.["uid"], successor?.["token"]))
  );
}
