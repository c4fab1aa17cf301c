import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { canTrace, forEachOf, RENAME, tampered, UNLINK, writingCalls } from "./faults/strace.ts";
import { type Command, expectRefusal, homeWithTwo, leftovers, writers } from "./faults/writers.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const use: Command = { args: ["use", "b"], stdin: null };
const isChanged = (here: Home) => here.read().includes("current_context_name: b");

test("a memory that cannot be written does not undo a change", async () => {
  for (const { args, stdin } of writers(cloud)) {
    const here = homeWithTwo();
    const text = here.read();
    for (const name of ["state.json", "known.yaml"])
      mkdirSync(join(here.bentoml, ".bentocloud", name), { recursive: true });
    expect((await run(args, { home: here, stdin })).code).toBe(0);
    expect(here.read()).not.toBe(text);
    expect(leftovers(here)).toEqual([]);
    expect((await run(["context", "list"], { home: here })).stderr).toBe("");
  }
});

describe.skipIf(!canTrace)("system calls that fail", () => {
  test.each([
    ["EPERM", "the operation is not permitted"],
    ["EACCES", "permission denied"],
    ["EXDEV", "cross-device link not permitted (EXDEV)"],
    ["EBUSY", "it is in use or mounted"],
  ])("a rename refused with %s is an error of every change, in words", async (code, words) => {
    for (const command of writers(cloud)) {
      const here = homeWithTwo();
      // The first rename gives the backup its name.
      const options = { home: here, command: tampered(`${RENAME}:error=${code}:when=2`) };
      await expectRefusal(command, { ...options, message: `cannot write ${here.file}: ${words}` });
      expect(leftovers(here)).toEqual([]);
    }
  });

  test.each(["EIO", "ENOSPC", "EPERM"])(
    "any that writes, with %s: the change is made and said, or refused and not made",
    async (error) => {
      const calls = await writingCalls(use.args, { here: homeWithTwo() });
      const ends = new Set<number | null>();
      await forEachOf(calls, async ({ name, number }) => {
        const here = homeWithTwo();
        const text = here.read();
        const command = tampered(`${name}:error=${error}:when=${number}`);
        const { code, stderr } = await run(use.args, { home: here, command });
        ends.add(code);
        if (code === 6) {
          expect(here.read()).toBe(text);
          expect(stderr).toMatch(/^error: cannot (write|write in|read) \/\S+: [a-z/ ]+(\(EIO\))?\n$/);
        } else {
          expect({ code, isChanged: isChanged(here) }).toEqual({ code: 0, isChanged: true });
        }
        const next = await run(["use", isChanged(here) ? "a" : "b"], { home: here });
        expect({ code: next.code, left: leftovers(here) }).toEqual({ code: 0, left: [] });
      });
      expect(ends).toEqual(new Set([0, 6]));
    },
  );

  test("any, interrupted by a signal, is repeated or can be done without", async () => {
    const also = ["close", "getdents64"];
    const calls = await writingCalls(use.args, { here: homeWithTwo(), also });
    expect(calls.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["openat", "write", "fsync", ...also]),
    );
    await forEachOf(calls, async ({ name, number }) => {
      const here = homeWithTwo();
      const command = tampered(`${name}:error=EINTR:when=${number}`);
      expect((await run(use.args, { home: here, command })).code).toBe(0);
      expect(isChanged(here)).toBe(true);
    });
  });

  test("interrupted for ever are an error, and nothing was changed", async () => {
    const here = homeWithTwo();
    const message = `cannot write ${here.file}: it was interrupted again and again`;
    await expectRefusal(use, { home: here, command: tampered("fsync:error=EINTR"), message });
  });

  test.each([
    ["EIO", "i/o error (EIO)"],
    ["ENOTCONN", "its disk is not connected"],
    ["ESTALE", "it is no longer on its network disk"],
  ])("a project's disk that answers with %s is no bug of ours", async (error, words) => {
    const here = homeWithTwo();
    const path = join(here.path, ".bentorc");
    const command = ["strace", "-P", path, ...tampered(`statx:error=${error}`).slice(1)];
    const reason = `cannot read ${path}: ${words}\n`;
    const read = await run(["token"], { home: here, command });
    expect(read).toMatchObject({ code: 6, stdout: "", stderr: `error: ${reason}` });
    const { code, stderr } = await run(use.args, { home: here, command });
    expect({ code, isChanged: isChanged(here) }).toEqual({ code: 0, isChanged: true });
    expect(stderr).toContain(reason);
  });

  // Files are synced first, second the backup, third its directory, fourth the contexts file's directory.
  test.each([
    ["syncing a directory", "fsync:error=EIO:when=3+"],
    ["removing the lock", `${RENAME}:error=EIO:when=3+`],
    ["removing anything", `${UNLINK}:error=EIO:when=4+`],
  ])("after the rename do not undo a change: %s", async (_name, inject) => {
    const here = homeWithTwo();
    const trace = join(home().path, "trace");
    const { code, stderr } = await run(use.args, { home: here, command: tampered(inject, trace) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("b") });
    expect(readFileSync(trace, "utf8")).toContain("EIO");
    expect(isChanged(here)).toBe(true);
  });
});
