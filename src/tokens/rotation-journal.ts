import { join } from "node:path";
import { CliError } from "../errors.ts";
import { ensurePrivateDirectory } from "../system/create.ts";
import { storageError } from "../system/storage-error.ts";
import { acquireLock } from "../system/lock.ts";
import type { Paths } from "../store/home.ts";
import { readOwnJson, writeOwnJson } from "../store/own-json.ts";

/**
 * A rotation that has begun and not ended, with both secrets. Each step is in the journal before its request is sent, so
 * whenever a process dies, the next one can find out what there is on the server, and finish or undo it.
 */
export interface Rotation {
  id: string;
  endpoint: string;
  /** RFC 3339. */
  started_at: string;
  /** Whose token it is. The new token must be of the same user and organization. */
  identity: { verdict: string; email: string | null; organization: string | null };
  old: { uid: string; name: string; token: string };
  /** What is asked of the new token. */
  wanted: {
    name: string;
    description: string;
    scopes: string[];
    /** RFC 3339. */
    expires_at: string | null;
    /** What else the server says of the old token. */
    flags: Record<string, boolean>;
  };
  /** The new token. While it is null, the server may have created it, but has not answered. */
  successor: { uid: string; token: string } | null;
}

const FILE = "rotations.json";
export const ROTATION_LOCK = "rotation-lock";

/** @throws CliError `CORRUPT` for a journal that cannot be understood: it may hold the only copy of a secret. */
export function readRotations(own: string): Rotation[] {
  const path = join(own, FILE);
  try {
    const rotations = readOwnJson(path) ?? [];
    if (Array.isArray(rotations) && rotations.every(isRotation)) return rotations;
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  throw new CliError("CORRUPT", `${path} is not a record of token rotations`, {
    hint: "it may hold the only copy of an API token: look into it, and move it away",
  });
}

/** Adds the rotation or updates it. For the holder of the rotation lock only. */
export function noteRotation(own: string, rotation: Rotation): void {
  writeRotations(own, [...otherRotations(own, rotation), rotation]);
}

/** Removes a rotation that has ended. For the holder of the rotation lock only. */
export function dropRotation(own: string, rotation: Rotation): void {
  writeRotations(own, otherRotations(own, rotation));
}

function otherRotations(own: string, { id }: Rotation): Rotation[] {
  return readRotations(own).filter((one) => one.id !== id);
}

function writeRotations(own: string, rotations: readonly Rotation[]): void {
  const path = join(own, FILE);
  try {
    ensurePrivateDirectory(own);
    writeOwnJson(path, rotations.length > 0 ? rotations : undefined, { durable: true });
  } catch (error) {
    throw storageError("write", path, error);
  }
}

/**
 * One rotation at a time. A server can take long, so only the lock of a process that has ended is broken, however old it
 * is.
 */
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
  const { id, endpoint, started_at, identity, old, wanted, successor } = (value ?? {}) as Partial<Rotation>;
  const areTexts = (...fields: unknown[]) => fields.every((field) => typeof field === "string");
  return (
    areTexts(id, endpoint, started_at, identity?.verdict, old?.uid, old?.name, old?.token) &&
    areTexts(wanted?.name, wanted?.description) &&
    Array.isArray(wanted?.scopes) &&
    (successor === null || areTexts(successor?.uid, successor?.token))
  );
}
