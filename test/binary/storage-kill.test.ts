import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { canTrace, forEachOf, tampered, writingCalls } from "./faults/strace.ts";
import { backupsOf, type Command, homeWithTwo, leftovers, login } from "./faults/writers.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

/** Shorter than a writer waits for a lock of which it does not know that its owner is dead. */
const AT_ONCE_MS = 4_500;

const use: Command = { args: ["use", "b"], stdin: null };
const two = homeWithTwo().read().replaceAll('"', "");
const others = two.replace("https://a.test", cloud.url);
const switched = two.replace("_name: a", "_name: b");

const textOf = (here: Home) => (existsSync(here.file) ? here.read() : undefined);

/** A home with this contexts file, or with none. */
async function homeWith(text: string | undefined): Promise<Home> {
  const here = home();
  if (text !== undefined) here.write(text);
  return here;
}

/** The same where our own directory knows the file already. */
async function homeInUse(text: string): Promise<Home> {
  const here = await homeWith(switched);
  await run(["use", "a"], { home: here });
  expect(here.read()).toBe(text);
  return here;
}

/** What a signal at each call that writes leaves behind, and that nothing is left of it by the next writer. */
async function strike(signal: string, { args, stdin }: Command, prepare: () => Promise<Home>) {
  const reference = await prepare();
  const before = textOf(reference);
  const calls = await writingCalls(args, { here: reference, stdin });
  const versions = [before, textOf(reference)];
  const ends = new Set<number | string | null>();
  const found = new Set<string | undefined>();
  await forEachOf(calls, async ({ name, number }) => {
    const here = await prepare();
    const command = tampered(`${name}:signal=${signal}:when=${number}`);
    const { code, signal: end } = await run(args, { home: here, stdin, command });
    ends.add(end ?? code);
    found.add(textOf(here));
    for (const version of backupsOf(here)) expect([before, switched]).toContain(version);
    await expectRecovery(here);
  });
  return { ends: [...ends], found, versions: new Set(versions) };
}

/** The next writer does its work at once, cleans up, and holds no other program guilty. */
async function expectRecovery(here: Home): Promise<void> {
  const isUnchanged = textOf(here) === two;
  const { args, stdin } = isUnchanged ? use : login(cloud, "next");
  const { code, stderr } = await run(args, { home: here, stdin, timeoutMs: AT_ONCE_MS });
  expect({ code, left: leftovers(here) }).toEqual({ code: 0, left: [] });
  expect(stderr).not.toContain("another program");
}

describe.skipIf(!canTrace)("at any system call that writes", () => {
  test.each([
    ["use", use, () => homeWith(two)],
    ["a first login", login(cloud, "first"), () => homeWith(undefined)],
    ["a login in the place of another", login(cloud, "a"), () => homeWith(others)],
    ["remove", { args: ["context", "remove", "a"], stdin: null }, () => homeInUse(two)],
  ])(
    "a kill of %s leaves the old file or the new one, and no trace to the next run",
    async (_name, command, prepare) => {
      const { ends, found, versions } = await strike("SIGKILL", command, prepare);
      // Which write of a login goes to a file and which to the network is not the same in every run.
      expect(ends.filter((end) => end !== 0)).toEqual(["SIGKILL"]);
      expect(found).toEqual(versions);
    },
  );

  test.each(["SIGTERM", "SIGHUP"])("%s does no more harm than a kill", async (signal) => {
    const { ends, found, versions } = await strike(signal, use, () => homeWith(two));
    expect(ends).toEqual([signal]);
    expect(found).toEqual(versions);
  });

  test("Ctrl-C comes too late: the change is made", async () => {
    const { ends, found, versions } = await strike("SIGINT", use, () => homeWith(two));
    expect(ends).toEqual([0]);
    expect(new Set([two, ...found])).toEqual(versions);
    expect(found).not.toContain(two);
  });
});
