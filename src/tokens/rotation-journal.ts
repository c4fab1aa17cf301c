import { join } from "node:path";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { ensurePrivateDirectory } from "../system/create-file.ts";
import { acquireLock } from "../system/lock.ts";
import type { Paths } from "../store/paths.ts";
import { areTexts, readOwnList, writeOwnList } from "../system/own-json.ts";

/**
 * A rotation that has begun and not ended, with both secrets. Each step is in the journal before its request is sent, so
 * whenever a process dies, the next one can find out what there is on the server, and finish or undo it.
 */
export interface Rotation {
  id: string;
  endpoint: string;
  /** RFC 3339. */
  started_at: string;
  /** The server's time before it was asked for the new token; null when it does not tell. */
  planned_at?: string | null;
  /** Whose token it is. The new token must be of the same user and organization. */
  identity: { verdict: string; email: string | null; organization: string | null };
  old: { uid: string; name: string; token: string };
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
  /** The ID of the reference of a context whose token a command prints: it has the new one once it prints that. */
  printed_as?: string | null;
  /** For a rotation whose new token a command must store first: whether it has. */
  delivery?: "open" | "done";
  /** The new token is being deleted: even if it still works, the old one is the one to keep. */
  is_taken_back?: boolean;
}

export type Successor = NonNullable<Rotation["successor"]>;

const FILE = "rotations.json";
const ROTATION_LOCK = "rotation-lock";

export function readRotations(own: string): Rotation[] {
  return readOwnList(join(own, FILE), isRotation, {
    what: "a record of token rotations",
    hint: "it may hold the only copy of an API token: look into it, and move it away",
  });
}

/** The journal has both tokens in plain text until the rotation has ended. */
export function refuseOpenRotation(own: string, tokens: readonly Token[]): void {
  const secrets = new Set(tokens.map((token) => token.reveal()));
  if (!readRotations(own).some((rotation) => hasOneOf(rotation, secrets))) return;
  throw new CliError("FAILURE", "a rotation of this API token has begun and not ended", {
    hint: "`bentocloud api-token rotate NAME` ends it",
  });
}

function hasOneOf({ old, successor }: Rotation, secrets: ReadonlySet<string>): boolean {
  return secrets.has(old.token) || (successor !== null && secrets.has(successor.token));
}

/** Adds the rotation or updates it. For the holder of the rotation lock only. */
export function noteRotation(own: string, rotation: Rotation): void {
  writeOwnList(join(own, FILE), [...otherRotations(own, rotation), rotation]);
}

/** Removes a rotation that has ended. For the holder of the rotation lock only. */
export function dropRotation(own: string, rotation: Rotation): void {
  writeOwnList(join(own, FILE), otherRotations(own, rotation));
}

/** Removes the rotations that have one of these tokens, and gives them. For the holder of the rotation lock only. */
export function dropRotationsOf(own: string, tokens: readonly Token[]): Rotation[] {
  const secrets = new Set(tokens.map((token) => token.reveal()));
  const all = readRotations(own);
  const [kept, dropped] = [[] as Rotation[], [] as Rotation[]];
  for (const rotation of all) (hasOneOf(rotation, secrets) ? dropped : kept).push(rotation);
  if (dropped.length > 0) writeOwnList(join(own, FILE), kept);
  return dropped;
}

function otherRotations(own: string, { id }: Rotation): Rotation[] {
  return readRotations(own).filter((one) => one.id !== id);
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
    if (!(error instanceof CliError) || error.code !== "LOCKED") throw error;
    throw new CliError("LOCKED", "another process is replacing or deleting an API token", {
      hint: error.hint,
    });
  });
  try {
    return await act();
  } finally {
    lock.release();
  }
}

function isRotation(value: unknown): value is Rotation {
  const { id, endpoint, started_at, identity, old, wanted, successor } = (value ?? {}) as Partial<Rotation>;
  return (
    areTexts(id, endpoint, started_at, identity?.verdict, old?.uid, old?.name, old?.token) &&
    areTexts(wanted?.name, wanted?.description) &&
    Array.isArray(wanted?.scopes) &&
    (successor === null || areTexts(successor?.uid, successor?.token))
  );
}
