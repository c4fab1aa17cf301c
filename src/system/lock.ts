import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../errors.ts";
import { codeOf, listDirectory } from "./files.ts";

/**
 * One writer at a time among our own processes.
 *
 * The lock is a file that names its owner; it appears whole, by `link`, so it is never seen half written. It is
 * broken when its owner is provably gone (same machine, same boot, no such process) or when the same owner has held
 * it for {@link PATIENCE_MS} on the waiting process's own monotonic clock: no time stamp is trusted, so a clock that
 * was moved cannot make a lock eternal or a live one stale. Who breaks one holds a second lock meanwhile, so two
 * waiters cannot take turns at breaking each other's. The owner checks {@link Lock.held} before it commits.
 *
 * Of the maintained lock packages, the one in general use keeps a lock for ever when its time stamp lies in the
 * future, and removes on exit a lock that another process has taken over meanwhile.
 */
export interface Lock {
  /** False when another process gave up on us and took the lock. */
  held(): boolean;
  release(): void;
}

/** Far longer than any write of ours takes, and short enough to wait for. */
const PATIENCE_MS = 5_000;
const BREAKING = ".breaking";

export async function acquireLock(path: string, waitMs: number, signal: AbortSignal): Promise<Lock> {
  const owner = describeOwner();
  const deadline = performance.now() + waitMs;
  const watch: Watch = { seen: undefined, since: 0 };
  for (;;) {
    if (claim(path, owner)) {
      sweep(path);
      return {
        held: () => readOwner(path) === owner,
        release: () => {
          if (readOwner(path) === owner) rmSync(path, { force: true });
        },
      };
    }
    breakIfAbandoned(path, owner, watch);
    if (performance.now() >= deadline) {
      throw new CliError("LOCKED", `another process has been writing for ${Math.round(waitMs / 1000)} s`, {
        hint: `if none is running, remove ${path}`,
      });
    }
    await sleep(2 + Math.random() * 18, undefined, { signal }).catch(() => {
      throw new CliError("CANCELLED", "cancelled while waiting for another process; nothing was changed");
    });
  }
}

interface Watch {
  seen: string | undefined;
  since: number;
}

function claim(path: string, owner: string): boolean {
  if (existsSync(path)) return false;
  const own = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    writeFileSync(own, owner, { flag: "wx", mode: 0o600 });
    linkSync(own, path);
    return true;
  } catch (error) {
    // ENOENT: a holder swept our own file away with those of dead processes.
    if (["EEXIST", "ENOENT"].includes(codeOf(error))) return false;
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"].includes(codeOf(error))) throw error;
    return claimWithoutLinks(path, owner);
  } finally {
    rmSync(own, { force: true });
  }
}

/** For file systems without hard links. Who reads in the wrong microsecond sees an owner that nobody can judge. */
function claimWithoutLinks(path: string, owner: string): boolean {
  try {
    writeFileSync(path, owner, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Takes away what processes killed in the middle of {@link claim} left. For the holder only. */
function sweep(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of listDirectory(dirname(path))) {
    if (name.startsWith(prefix) && !name.endsWith(BREAKING))
      rmSync(join(dirname(path), name), { force: true });
  }
}

function breakIfAbandoned(path: string, owner: string, watch: Watch): void {
  const current = readOwner(path);
  if (current === undefined) return;
  if (current !== watch.seen) Object.assign(watch, { seen: current, since: performance.now() });
  if (!isGone(current) && performance.now() - watch.since < PATIENCE_MS) return;
  const breaking = path + BREAKING;
  if (!claim(breaking, owner)) {
    removeIfOld(breaking);
    return;
  }
  try {
    // Only a breaker removes another's lock, and there is one breaker: what is read here is what goes.
    if (readOwner(path) === current) rmSync(path, { force: true });
  } finally {
    rmSync(breaking, { force: true });
  }
}

/** A breaker killed in its few microseconds leaves its mark; nobody may wait for it for ever. */
function removeIfOld(breaking: string): void {
  const holder = readOwner(breaking);
  if (holder !== undefined && isGone(holder)) rmSync(breaking, { force: true });
  const age = Date.now() - (statSync(breaking, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (Math.abs(age) > PATIENCE_MS) rmSync(breaking, { force: true });
}

function readOwner(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Process, machine, boot and process-number space, and a word that no other acquisition has. */
function describeOwner(): string {
  return JSON.stringify({ pid: process.pid, place: describePlace(), nonce: crypto.randomUUID() });
}

/** Two processes in the same place can see each other's process numbers. */
function describePlace(): string {
  return [hostname(), readSystem("/proc/sys/kernel/random/boot_id"), namespaceOf()].join("/");
}

function namespaceOf(): string {
  const inode = statSync("/proc/self/ns/pid", { throwIfNoEntry: false })?.ino;
  return inode === undefined ? "" : String(inode);
}

function readSystem(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** Only a certainty counts: an owner on another machine, or in another container, is taken for alive. */
function isGone(owner: string): boolean {
  try {
    const { pid, place } = JSON.parse(owner) as { pid: unknown; place: unknown };
    if (typeof pid !== "number" || typeof place !== "string" || place !== describePlace()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}
