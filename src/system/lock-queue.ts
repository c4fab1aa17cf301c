import { basename, dirname, join } from "node:path";
import { namesIn } from "./files.ts";
import { hasEnded } from "./processes.ts";
import { waitForRemoval } from "./wait-for-removal.ts";

/**
 * The processes that want a lock, in the order in which they came.
 *
 * Each has a claim: a file beside the lock that names it, and that it links into the place of the lock. A claim and the
 * lock that was made of it are one file, so a process that watches the claim before its own is woken when that *lock*
 * is removed, and no other process is woken with it.
 *
 * The order binds nobody: whoever finds the lock free takes it, so a process that was killed in the queue stops nobody.
 */

/** How often to look for what no event tells: an owner that has ended, and what other machines change. */
const LOOK_MS = 50;

export function nameClaim(lock: string): string {
  return `${lock}.${Date.now()}.${process.pid}.${crypto.randomUUID().slice(0, 8)}`;
}

/** The claims of processes that have ended, or that are on another machine: those make their claims again. */
export function claimsOfEnded(lock: string): string[] {
  return claimsBeside(lock).flatMap(({ file, pid }) => (hasEnded(pid) ? [file] : []));
}

/**
 * Resolves when it is worth trying again, to the claim before ours, if there is one. Those further behind look less
 * often. Rejects when it is aborted.
 */
export async function waitForTurn(
  claim: string,
  lock: string,
  { leftMs, signal }: { leftMs: number; signal: AbortSignal },
): Promise<string | undefined> {
  const before = claimsBeside(lock).flatMap(({ file }) => (file < claim ? [file] : []));
  const next = before.toSorted().at(-1);
  const ms = Math.min(leftMs, LOOK_MS * (before.length + 0.5 + Math.random()));
  await waitForRemoval(next ?? lock, ms, signal);
  return next;
}

function claimsBeside(lock: string): { file: string; pid: number }[] {
  const directory = dirname(lock);
  return namesIn(directory).flatMap((name) => {
    const ending = name.startsWith(basename(lock)) ? name.slice(basename(lock).length) : "";
    const pid = /^\.\d{13}\.(\d+)\.[0-9a-f]{8}$/.exec(ending)?.[1];
    return pid === undefined ? [] : [{ file: join(directory, name), pid: Number(pid) }];
  });
}
