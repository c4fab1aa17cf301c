import { linkSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Home } from "../../test/support/home.ts";
import type { Random } from "./random.ts";

/** How often one is tried; most of the time the program has a lock there itself. */
const PAUSE_MS = 20;
/** Between two locks that nobody can judge: each stops all writers for five seconds. */
const RESPITE_MS = 8000;

/** Puts locks that nobody holds where the program takes its own. Gives how many. */
export async function plantLocks(home: Home, random: Random, isOver: () => boolean): Promise<number> {
  const own = join(home.bentoml, ".bentocloud");
  const hard = [...ofNobody()];
  let planted = 0;
  let nextHard = 0;
  while (!isOver()) {
    await Bun.sleep(random.between(0, 2 * PAUSE_MS));
    const isHard = performance.now() >= nextHard;
    const text = isHard ? hard[0]! : ofDeadProcess();
    const path = join(own, !isHard && random.chance(0.3) ? "lock.breaking" : "lock");
    const seconds = Date.now() / 1000;
    if (!plant({ path, text, time: random.pick([1, seconds, seconds + 1e6]) }, join(home.path, "whole")))
      continue;
    planted += 1;
    if (!isHard) continue;
    nextHard = performance.now() + RESPITE_MS;
    hard.push(hard.shift()!);
  }
  return planted;
}

/** False when a lock stands there already. */
function plant({ path, text, time }: { path: string; text: string; time: number }, whole: string): boolean {
  writeFileSync(whole, text);
  utimesSync(whole, time, time);
  try {
    linkSync(whole, path);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(whole);
  }
}

/** Above every process number that Linux gives out. */
const NO_PROCESS = 2 ** 22 + 1;

function ofDeadProcess(): string {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return describe(NO_PROCESS, boot);
}

function* ofNobody(): Iterable<string> {
  yield describe(1, "an-earlier-boot");
  yield "\0garbage";
  yield "";
}

function describe(pid: number, boot: string): string {
  const place = `${hostname()}/${boot}/${statSync("/proc/self/ns/pid").ino}`;
  return JSON.stringify({ pid, place, nonce: crypto.randomUUID() });
}
