import { basename, join } from "node:path";
import { ensurePrivateDirectory } from "../system/create-file.ts";
import { listDirectory, namesIn } from "../system/files.ts";
import { acquireLock, type Lock } from "../system/lock.ts";
import { areTexts, readOwnJson, writeOwnJson } from "../system/own-json.ts";
import { sweepTemporaries } from "../system/replace.ts";

/** An API token that was made for one run of a program. Its secret is never written down. */
export interface Lease {
  id: string;
  endpoint: string;
  /** The process that runs the program. */
  pid: number;
  /** Unique, so that a token whose creation got no answer can be found by it. */
  name: string;
  /** Null until the server has answered. */
  uid: string | null;
  /** RFC 3339, by the server's clock. */
  expires_at: string;
}

const FOLDER = "leases";
const ENDING = ".json";

/** Each lease has a file of its own, so that programs that run at once do not wait for each other. */
export function noteLease(own: string, lease: Lease): void {
  ensureFolder(own);
  writeOwnJson(pathOf(own, lease.id), lease, { durable: true });
}

export function dropLease(own: string, { id }: Lease): void {
  writeOwnJson(pathOf(own, id), undefined, { durable: true });
}

/** A file that cannot be understood names no token, and is left alone. */
export function readLeases(own: string): Lease[] {
  return listDirectory(join(own, FOLDER))
    .filter((name) => name.endsWith(ENDING))
    .flatMap((name) => {
      try {
        const lease = readOwnJson(join(own, FOLDER, name));
        return isLease(lease) && name === lease.id + ENDING ? [lease] : [];
      } catch {
        return [];
      }
    });
}

/** Removes what is left of processes that were killed before they had a journal. */
export async function sweepLeases(own: string): Promise<void> {
  const folder = join(own, FOLDER);
  const names = namesIn(folder);
  for (const name of names) {
    const id = basename(name, ".lock");
    if (id === name || names.includes(id + ENDING)) continue;
    const lock = await lockLease(own, { id }).catch(() => undefined);
    if (lock) sweepTemporaries(folder, (target) => target === id + ENDING);
    lock?.release();
  }
}

/** Held by the process of a lease for as long as it runs, so whoever gets it knows that the process has ended. */
export async function lockLease(own: string, { id }: Pick<Lease, "id">): Promise<Lock> {
  ensureFolder(own);
  return acquireLock(join(own, FOLDER, `${id}.lock`), 0, new AbortController().signal);
}

function ensureFolder(own: string): void {
  for (const folder of [own, join(own, FOLDER)]) ensurePrivateDirectory(folder);
}

function pathOf(own: string, id: string): string {
  return join(own, FOLDER, id + ENDING);
}

function isLease(value: unknown): value is Lease {
  const { id, endpoint, pid, name, uid, expires_at } = (value ?? {}) as Partial<Lease>;
  return areTexts(id, endpoint, name, expires_at, uid === null ? "" : uid) && typeof pid === "number";
}
