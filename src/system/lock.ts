import { existsSync, linkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CliError } from "../errors.ts";
import { createFile } from "./create-file.ts";
import { discard, moveOver, namesIn } from "./files.ts";
import { readOwnFile } from "./read-file.ts";
import { codeOf, storageError } from "./storage-error.ts";
import { describeOwner, isGone } from "./lock-owner.ts";
import { claimsOfEnded, nameClaim, waitForTurn } from "./lock-queue.ts";

/**
 * One writer at a time among our own processes.
 *
 * The lock is a file that names its owner; it appears whole, by `link`, so it is never seen half written. It is
 * broken when its owner is provably gone (same machine, same boot, no such process) or when the same owner has held
 * it for {@link PATIENCE_MS} on the waiting process's own monotonic clock: no time stamp is trusted, so a clock that
 * was moved cannot make a lock eternal or a live one stale. To break a lock, a process first takes a second one
 * (`.breaking`), so that two waiting processes do not break each other's new lock. An abandoned `.breaking` is broken too.
 * A lock is never removed by its path alone: it is renamed away first, looked at, and put back when it is another one.
 *
 * Those who wait stand in a queue and are woken one by one ({@link waitForTurn}).
 *
 * None of this stops an owner that was suspended and comes back: it asks {@link Lock.held} before it commits.
 *
 * Of the maintained lock packages, the one in general use keeps a lock for ever when its time stamp lies in the
 * future, and removes on exit a lock that another process has taken over meanwhile.
 */
export interface Lock {
  /** False when another process gave up on us and took the lock. */
  held(): boolean;
  /** Never throws: a lock that cannot be removed is broken by the next process, once this one has ended. */
  release(): void;
}

/** Far longer than any write of ours takes, and short enough to wait for. */
const PATIENCE_MS = 5_000;
/** How long to wait while a lock stays with one owner: enough to break an abandoned one and a breaker's mark. */
export const LOCK_WAIT_MS = 15_000;
/** How many times as long to wait in a queue that gets on. */
const QUEUE_FACTOR = 4;
const BREAKING = ".breaking";

/**
 * Waits for `waitMs` while the lock stays with one owner, and up to four times as long while it changes hands.
 *
 * @throws CliError `LOCKED`, `CANCELLED` or `STORAGE`
 */
export async function acquireLock(path: string, waitMs: number, signal: AbortSignal): Promise<Lock> {
  const owner = describeOwner();
  const claim = nameClaim(path);
  const start = performance.now();
  const watches = { lock: newWatch(), mark: newWatch() };
  let passed: string | undefined;
  try {
    for (;;) {
      if (!existsSync(claim)) createFile(claim, owner, { mode: 0o600 });
      if (install(claim, path, owner)) {
        // The process before us did not take its turn, so no other process shall wait for its claim.
        if (passed !== undefined) discard(passed);
        sweep(path);
        return { held: () => readOwner(path) === owner, release: () => release(path, owner) };
      }
      if (breakIfAbandoned(path, { claim, owner }, watches)) continue;
      const stuckAt = Math.max(start, watches.lock.since) + waitMs;
      const fullAt = start + QUEUE_FACTOR * waitMs;
      const left = Math.min(stuckAt, fullAt) - performance.now();
      if (left <= 0) throw locked(path, performance.now() - start, { isBusy: fullAt < stuckAt });
      passed = await waitForTurn(claim, path, { leftMs: left, signal }).catch(() => {
        throw new CliError("CANCELLED", "cancelled while waiting for another process; nothing was changed");
      });
    }
  } catch (error) {
    throw storageError("write in", dirname(path), error);
  } finally {
    discard(claim);
  }
}

function locked(path: string, waitedMs: number, { isBusy }: { isBusy: boolean }): CliError {
  const waited = `${Math.round(waitedMs / 1000)} s`;
  if (isBusy)
    return new CliError("LOCKED", `other processes have been writing for ${waited}`, { hint: "try again" });
  const what = waitedMs < 1000 ? "is writing just now" : `has been writing for ${waited}`;
  return new CliError("LOCKED", `another process ${what}`, { hint: `if none is running, remove ${path}` });
}

/** Puts a complete lock file in place, unless there is a lock already. */
function install(claim: string, path: string, owner: string): boolean {
  try {
    linkSync(claim, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    // NFS repeats a call whose answer was lost, and then says that what it made exists.
    if (code === "EEXIST") return readOwner(path) === owner;
    // Somebody took us for gone, and removed our claim.
    if (code === "ENOENT") return false;
    if (["ENOSPC", "EDQUOT", "EROFS"].includes(code)) throw error;
    return installWithoutLinks(path, owner);
  }
}

/** For file systems without hard links. A process that reads the lock too early sees no owner, and waits. */
function installWithoutLinks(path: string, owner: string): boolean {
  try {
    createFile(path, owner, { mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Removes what killed processes left beside the lock. For the holder only. */
function sweep(path: string): void {
  for (const claim of claimsOfEnded(path)) discard(claim);
  const prefix = basename(path);
  for (const name of namesIn(dirname(path)))
    if (name.startsWith(prefix) && /^(\.breaking)?\.[0-9a-f]{8}$/.test(name.slice(prefix.length)))
      discard(join(dirname(path), name));
}

function release(path: string, owner: string): void {
  try {
    if (readOwner(path) === owner) remove(path, owner);
  } catch {
    // The next process breaks it.
  }
}

interface Watch {
  seen: string | undefined;
  since: number;
}

function newWatch(): Watch {
  return { seen: undefined, since: 0 };
}

/** True when something was taken away, so that it is worth trying again at once. */
function breakIfAbandoned(
  path: string,
  { claim, owner }: { claim: string; owner: string },
  watches: { lock: Watch; mark: Watch },
): boolean {
  const current = readOwner(path);
  if (current === undefined || !isAbandoned(current, watches.lock)) return false;
  const mark = path + BREAKING;
  if (!install(claim, mark, owner)) {
    const breaker = readOwner(mark);
    if (breaker === undefined || !isAbandoned(breaker, watches.mark)) return false;
    remove(mark, breaker);
    return true;
  }
  try {
    if (readOwner(path) === current) remove(path, current);
    return true;
  } finally {
    release(mark, owner);
  }
}

function isAbandoned(owner: string, watch: Watch): boolean {
  if (owner !== watch.seen) Object.assign(watch, { seen: owner, since: performance.now() });
  return isGone(owner) || performance.now() - watch.since >= PATIENCE_MS;
}

/**
 * Removes a lock of this owner. Another's that came in its place just now is put back; should a third process have
 * claimed the free place meanwhile, the other has lost its lock, and notices.
 */
function remove(path: string, owner: string): void {
  // `sweep` finds it by this name.
  const taken = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    moveOver(path, taken);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const found = readOwner(taken);
  if (found !== undefined && found !== owner) install(taken, path, found);
  discard(taken);
}

/** @throws CliError `STORAGE` for what is no lock file, a FIFO for example: nothing waits for it. */
function readOwner(path: string): string | undefined {
  return readOwnFile(path)?.toString("utf8");
}
