import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquireLock, LOCK_WAIT_MS } from "../../src/system/lock.ts";
import { nameClaim, waitForTurn } from "../../src/system/lock-queue.ts";
import { home } from "../support/home.ts";
import { needs } from "../support/needs.ts";
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
  const source = new URL("../../src/system/lock.ts", import.meta.url).href;
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

  test("those who wait get it in the order in which they came", async () => {
    const { path } = place();
    const held = await acquireLock(path, 1000, never);
    const order: number[] = [];
    const waiting = [1, 2, 3, 4, 5].map(async (number) => {
      await Bun.sleep(number * 5);
      const lock = await acquireLock(path, 10_000, never);
      order.push(number);
      lock.release();
    });
    await Bun.sleep(60);
    held.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  test.each([
    ["of a process that was killed", ownerThatDied],
    ["of a machine that cannot be asked", async () => JSON.stringify({ pid: 1, place: "elsewhere" })],
  ])("a claim %s delays nobody for long, and goes", async (_, owner) => {
    const { directory, path } = place();
    const held = await acquireLock(path, 1000, never);
    const text = await owner();
    writeFileSync(`${path}.${Date.now() - 1000}.${JSON.parse(text).pid}.deadbeef`, text);
    const waiting = acquireLock(path, 5000, never);
    await Bun.sleep(30);
    held.release();
    (await waiting).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("a process whose claim was removed makes another", async () => {
    const { directory, path } = place();
    const held = await acquireLock(path, 1000, never);
    const waiting = acquireLock(path, 5000, never);
    await Bun.sleep(10);
    const claims = readdirSync(directory).filter((name) => name !== "lock");
    expect(claims).toHaveLength(1);
    rmSync(join(directory, claims[0]!));
    await Bun.sleep(10);
    held.release();
    (await waiting).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("a release wakes the process whose turn it is, and no other", async () => {
    const { directory, path } = place();
    const held = await acquireLock(path, 1000, never);
    // So many that the last one looks for what no event tells after five seconds only.
    const claims = Array.from({ length: 100 }, (_, index) => `${path}.1700000000${100 + index}.1.deadbeef`);
    for (const claim of claims) writeFileSync(claim, "");
    const own = nameClaim(path);
    let isAwake = false;
    const turn = waitForTurn(own, path, { leftMs: 60_000, signal: never }).finally(() => (isAwake = true));
    held.release();
    await Bun.sleep(100);
    expect({ isAwake, names: readdirSync(directory).length }).toEqual({ isAwake: false, names: 100 });
    rmSync(claims[99]!);
    expect(await Promise.race([turn, Bun.sleep(4000)])).toBe(claims[99]);
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

  test("breaks the lock of a process that has ended, also with no time to wait", async () => {
    const { path } = place();
    const dead = await ownerThatDied();
    for (const name of [path, `${path}.breaking`]) writeFileSync(name, dead);
    const lock = await acquireLock(path, 0, never);
    expect(lock.held()).toBe(true);
    lock.release();
  });

  test("removes what killed processes left beside it, also their `.breaking`, and no other file", async () => {
    const { directory, path } = place();
    const dead = await ownerThatDied();
    const others = ["lock.keep", "lock.deadbeef.bak", "lock.DEADBEEF", "locket.deadbeef"];
    const claim = `lock.${Date.now()}.${JSON.parse(dead).pid}.01234567`;
    const remains = ["lock.deadbeef", claim, "lock.breaking", "lock.breaking.01234567"];
    for (const name of ["lock", ...remains, ...others]) writeFileSync(join(directory, name), dead);
    (await acquireLock(path, 2000, never)).release();
    expect(readdirSync(directory).toSorted()).toEqual(others.toSorted());
  });

  test("leaves the `.breaking` of a living process alone, whatever its time stamp", async () => {
    const { path } = place();
    const breaker = JSON.stringify({ pid: 1, place: "elsewhere", nonce: "x" });
    writeFileSync(path, await ownerThatDied());
    writeFileSync(`${path}.breaking`, breaker);
    utimesSync(`${path}.breaking`, 1, 1);
    await expect(acquireLock(path, 300, never)).rejects.toMatchObject({ code: "LOCKED" });
    expect(readFileSync(`${path}.breaking`, "utf8")).toBe(breaker);
  });

  test("breaks a lock and a `.breaking` of unknown owners after waiting for each", async () => {
    const { directory, path } = place();
    for (const name of [path, `${path}.breaking`]) writeFileSync(name, "nobody can judge this");
    const lock = await acquireLock(path, LOCK_WAIT_MS, never);
    expect(lock.held()).toBe(true);
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  }, 20_000);

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

  test("an owner whose lock was taken over finds that out, and does not release the new owner's", async () => {
    const { path } = place();
    const lock = await acquireLock(path, 1000, never);
    writeFileSync(path, "somebody else");
    lock.release();
    expect(lock.held()).toBe(false);
    expect(readFileSync(path, "utf8")).toBe("somebody else");
  });

  test("release does not throw when somebody put a directory in the way", async () => {
    const { path } = place();
    const lock = await acquireLock(path, 1000, never);
    rmSync(path);
    mkdirSync(path);
    lock.release();
    expect(readdirSync(path)).toEqual([]);
  });
});

needs("strace").describe("system calls that fail or take long", () => {
  const source = new URL("../../src/system/lock.ts", import.meta.url).href;

  /** Takes the lock and releases it in a process whose calls are tampered with. */
  function acquireWith(path: string, calls: string, ending: string) {
    const script = `const lock = await (await import(${JSON.stringify(source)})).acquireLock(${JSON.stringify(path)}, 500, new AbortController().signal);
      console.log(lock.held()); lock.release();`;
    const strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`];
    const command = [...strace, "-e", `inject=${calls}:${ending}`, process.execPath, "-e", script];
    return Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  }

  const LINK = "link,linkat";
  const RENAME = "rename,renameat,renameat2";

  test("a process that breaks a lock too late puts the next owner's lock back", async () => {
    const { directory, path } = place();
    const next = JSON.stringify({ pid: process.pid, place: "elsewhere", nonce: "next" });
    writeFileSync(path, await ownerThatDied());
    const child = acquireWith(path, RENAME, "delay_enter=1000000:when=1");
    while (!readdirSync(directory).includes("lock.breaking")) await Bun.sleep(5);
    await Bun.sleep(100);
    writeFileSync(path, next);
    expect(await new Response(child.stdout).text()).toBe("");
    expect(await new Response(child.stderr).text()).toContain("CliError: another process ");
    expect(readdirSync(directory)).toEqual(["lock"]);
    expect(readFileSync(path, "utf8")).toBe(next);
  });

  test.each(["EPERM", "EOPNOTSUPP", "EINVAL", "EACCES", "EXDEV", "EIO", "EMLINK"])(
    "link with %s: the lock is made without it",
    async (code) => {
      const { directory, path } = place();
      const child = acquireWith(path, LINK, `error=${code}`);
      expect(await new Response(child.stdout).text()).toBe("true\n");
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test.each(["ENOSPC", "EDQUOT", "EROFS"])("link with %s: that is the error", async (code) => {
    const { directory, path } = place();
    const child = acquireWith(path, LINK, `error=${code}`);
    expect(await new Response(child.stdout).text()).toBe("");
    expect(await new Response(child.stderr).text()).toContain(code);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("link with EEXIST though it was made, as NFS has it: the lock is ours", async () => {
    const { directory, path } = place();
    const child = acquireWith(path, LINK, "error=EEXIST:delay_exit=1000000");
    let whole: string | undefined;
    while (whole === undefined) {
      await Bun.sleep(5);
      whole = readdirSync(directory).find((name) => /^lock\.\d+\.\d+\.[0-9a-f]{8}$/.test(name));
    }
    await Bun.sleep(50);
    linkSync(join(directory, whole), path);
    expect(await new Response(child.stdout).text()).toBe("true\n");
    expect(readdirSync(directory)).toEqual([]);
  });
});
