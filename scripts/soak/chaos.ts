import { linkSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Home } from "../../test/support/home.ts";
import type { Random } from "./random.ts";

/** Between two attempts to plant a lock. Most of them fail, because the program holds its own lock. */
const PAUSE_MS = 20;
/** Between two locks whose owner cannot be looked up: each stops all writers for five seconds. */
const UNKNOWN_PAUSE_MS = 8000;

/** Puts abandoned locks where the program takes its own. Resolves to how many there were. */
export async function plantLocks(home: Home, random: Random, isOver: () => boolean): Promise<number> {
  const folder = join(home.bentoml, ".bentocloud");
  const unknown = [describeLock(1, "an-earlier-boot"), "\0garbage", ""];
  let planted = 0;
  let nextUnknown = 0;
  while (!isOver()) {
    await Bun.sleep(random.between(0, 2 * PAUSE_MS));
    const isUnknown = performance.now() >= nextUnknown;
    const text = isUnknown ? unknown[0]! : lockOfDeadProcess();
    const path = join(folder, !isUnknown && random.chance(0.3) ? "lock.breaking" : "lock");
    const seconds = Date.now() / 1000;
    // The program must not believe the time of a lock: from 1970, from now, or from the future.
    const time = random.pick([1, seconds, seconds + 1e6]);
    if (!plant({ path, text, time }, join(home.path, "draft"))) continue;
    planted += 1;
    if (!isUnknown) continue;
    nextUnknown = performance.now() + UNKNOWN_PAUSE_MS;
    unknown.push(unknown.shift()!);
  }
  return planted;
}

/** Makes the lock appear complete, like the program does. False when there is a lock already. */
function plant({ path, text, time }: { path: string; text: string; time: number }, draft: string): boolean {
  writeFileSync(draft, text);
  utimesSync(draft, time, time);
  try {
    linkSync(draft, path);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(draft);
  }
}

/** Larger than any process ID of Linux. */
const NO_PROCESS = 2 ** 22 + 1;

function lockOfDeadProcess(): string {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return describeLock(NO_PROCESS, boot);
}

function describeLock(pid: number, boot: string): string {
  const place = `${hostname()}/${boot}/${statSync("/proc/self/ns/pid").ino}`;
  return JSON.stringify({ pid, place, nonce: crypto.randomUUID() });
}
