import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquireLock } from "../../src/system/lock.ts";
import { home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const never = new AbortController().signal;

function place() {
  const directory = home().path;
  return { directory, path: join(directory, "lock") };
}

/** The text of a lock of a process that has ended, taken by a real one. */
async function ownerThatDied(): Promise<string> {
  const { path } = place();
  const source = new URL("../../src/system/lock.ts", import.meta.url).pathname;
  const script = `await (await import(${JSON.stringify(source)})).acquireLock(${JSON.stringify(path)}, 1000, new AbortController().signal)`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "ignore" });
  expect(await child.exited).toBe(0);
  return readFileSync(path, "utf8");
}

describe("acquireLock", () => {
  test("makes one file, for the owner alone, and release takes it away", async () => {
    const { directory, path } = place();
    const lock = await acquireLock(path, 1000, never);
    expect({ names: readdirSync(directory), held: lock.held() }).toEqual({ names: ["lock"], held: true });
    lock.release();
    expect({ names: readdirSync(directory), held: lock.held() }).toEqual({ names: [], held: false });
  });

  test("names process and machine, and no token or user", async () => {
    const { path } = place();
    const lock = await acquireLock(path, 1000, never);
    expect(Object.keys(JSON.parse(readFileSync(path, "utf8")))).toEqual(["pid", "place", "nonce"]);
    lock.release();
  });

  test("waits while a living process holds it, and gives up as LOCKED", async () => {
    const { path } = place();
    const held = await acquireLock(path, 1000, never);
    await expect(acquireLock(path, 60, never)).rejects.toMatchObject({ code: "LOCKED", exitCode: 6 });
    expect(held.held()).toBe(true);
    held.release();
  });

  test("gets it as soon as it is free", async () => {
    const { path } = place();
    const first = await acquireLock(path, 1000, never);
    const second = acquireLock(path, 5000, never);
    await Bun.sleep(30);
    first.release();
    const lock = await second;
    expect({ first: first.held(), second: lock.held() }).toEqual({ first: false, second: true });
    lock.release();
  });

  test("lets one at a time in", async () => {
    const { directory, path } = place();
    let inside = 0;
    let most = 0;
    const enter = async () => {
      const lock = await acquireLock(path, 10_000, never);
      most = Math.max(most, ++inside);
      await Bun.sleep(1);
      inside -= 1;
      lock.release();
    };
    await Promise.all(Array.from({ length: 20 }, enter));
    expect({ most, names: readdirSync(directory) }).toEqual({ most: 1, names: [] });
  });

  test("breaks the lock of a process that has ended, at once", async () => {
    const { directory, path } = place();
    writeFileSync(path, await ownerThatDied());
    const lock = await acquireLock(path, 1000, never);
    expect(lock.held()).toBe(true);
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("does not believe a process number of another machine", async () => {
    const { path } = place();
    const owner = JSON.parse(await ownerThatDied());
    const foreign = JSON.stringify({ ...owner, place: `other${owner.place}` });
    writeFileSync(path, foreign);
    await expect(acquireLock(path, 200, never)).rejects.toMatchObject({ code: "LOCKED" });
    expect(readFileSync(path, "utf8")).toBe(foreign);
  });

  test("sweeps what killed waiters left, breaker's mark of a dead one too", async () => {
    const { directory, path } = place();
    const dead = await ownerThatDied();
    for (const name of ["lock", "lock.deadbeef", "lock.breaking"]) writeFileSync(join(directory, name), dead);
    (await acquireLock(path, 2000, never)).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("ends the wait when it is aborted, as CANCELLED", async () => {
    const { path } = place();
    const held = await acquireLock(path, 1000, never);
    const controller = new AbortController();
    const waiting = acquireLock(path, 5000, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED", exitCode: 130 });
    expect(held.held()).toBe(true);
    held.release();
  });

  test("an owner that was taken over knows it, and does not release another's lock", async () => {
    const { path } = place();
    const lock = await acquireLock(path, 1000, never);
    writeFileSync(path, "somebody else");
    lock.release();
    expect({ held: lock.held(), text: readFileSync(path, "utf8") }).toEqual({
      held: false,
      text: "somebody else",
    });
  });
});
