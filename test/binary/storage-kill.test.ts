import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { removeContexts, switchContext } from "../../src/store/manage-contexts.ts";
import { keptIn, leftovers, openStore } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { forEachOf, needsTrace, tampered, writingCalls } from "./faults/strace.ts";
import { type Command, homeWithTwo, login } from "./faults/writers.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

/** Shorter than a writer waits for a lock of which it does not know that its owner is dead. */
const AT_ONCE_MS = 4_500;

const two = homeWithTwo().read().replaceAll('"', "");
const textOf = (here: Home) => (existsSync(here.file) ? here.read() : undefined);

function homeWith(text: string): Home {
  const here = home();
  here.write(text);
  return here;
}

/** A home whose contexts file our program has written itself. */
async function usedHome(text = two): Promise<Home> {
  const here = homeWith(text);
  const { store } = openStore(here);
  for (const name of ["b", "a"]) await switchContext(store, name);
  return here;
}

async function loggedOutHome(): Promise<Home> {
  const here = await usedHome();
  await removeContexts(openStore(here).store, ["b"]);
  return here;
}

/** Where another program removed `b`, which is not known yet. */
async function lossHome(): Promise<Home> {
  const here = await usedHome();
  here.write(two.replace(/- api_token(?:.*\n){3} {2}name: b\n/, ""));
  return here;
}

async function reportedHome(): Promise<Home> {
  const here = await lossHome();
  await openStore(here).store.read();
  return here;
}

type Commands = (here: Home) => Command;
const command =
  (...args: string[]): Commands =>
  () => ({ args, stdin: null });
const restoring =
  (kind: "version" | "loss"): Commands =>
  (here) => ({ args: ["restore", keptIn(here, kind)[0]!.id], stdin: null });

/** Sends the signal at each call that writes, checks what is left of the change, and that the next commands work. */
async function signalAtEachWrite(signal: string, commandFor: Commands, prepare: () => Promise<Home>) {
  const reference = await prepare();
  const before = textOf(reference);
  const known = new Set(keptIn(reference).map(({ text }) => text));
  const { args, stdin } = commandFor(reference);
  const calls = await writingCalls(args, { here: reference, stdin });
  const after = textOf(reference);
  const ends = new Set<number | string | null>();
  const found = new Set<string | undefined>();
  await forEachOf(calls, async ({ name, number }) => {
    const here = await prepare();
    const inject = tampered(`${name}:signal=${signal}:when=${number}`);
    const { code, signal: end } = await run(commandFor(here).args, { home: here, stdin, command: inject });
    ends.add(end ?? code);
    found.add(textOf(here));
    for (const { text } of keptIn(here)) expect([...known, before, after]).toContain(text);
    await expectNextWorks(here, { isTouched: number % 2 === 0 });
  });
  return { ends: [...ends], found, either: new Set([before, after]) };
}

/** The next commands work at once, blame no other program, and remove what the killed one left. */
async function expectNextWorks(here: Home, { isTouched }: { isTouched: boolean }): Promise<void> {
  const text = textOf(here);
  // A write of another program in between makes it harder to tell how far the killed command came.
  if (isTouched && text !== undefined) here.write(`${text}# touched\n`);
  const { args, stdin } = login(cloud, "next");
  for (const next of [
    { args: ["context", "list"], stdin: null },
    { args, stdin },
  ]) {
    const { code, stderr } = await run(next.args, { home: here, stdin: next.stdin, timeoutMs: AT_ONCE_MS });
    expect({ code, isAccused: stderr.includes("another program") }).toEqual({ code: 0, isAccused: false });
  }
  expect(leftovers(here)).toEqual([]);
  expect(keptIn(here).at(-1)!.text).toBe(here.read());
}

needsTrace.describe("at any writing system call", () => {
  test.each<[string, Commands, () => Promise<Home>]>([
    ["use", command("use", "b"), usedHome],
    ["use, the first time", command("use", "b"), async () => homeWith(two)],
    ["a first login", () => login(cloud, "first"), async () => home()],
    ["a login again", () => login(cloud, "a"), () => usedHome(two.replace("https://a.test", cloud.url))],
    ["logout", command("logout", "a"), usedHome],
    ["rename", command("context", "rename", "a", "c"), usedHome],
    ["restore of a version", restoring("version"), loggedOutHome],
    ["restore of a loss", restoring("loss"), reportedHome],
  ])(
    "a kill of %s leaves the old file or the new one, and the next command works at once",
    async (_name, commands, prepare) => {
      const { ends, found, either } = await signalAtEachWrite("SIGKILL", commands, prepare);
      // Which write of a login goes to a file and which to the network is not the same in every run.
      expect(ends.filter((end) => end !== 0)).toEqual(["SIGKILL"]);
      expect(found).toEqual(either);
    },
    60_000,
  );

  test("a loss is reported by the next command when the one that found it is killed", async () => {
    const list = ["context", "list"];
    const calls = await writingCalls(list, { here: await lossHome() });
    await forEachOf(calls, async ({ name, number }) => {
      const here = await lossHome();
      const inject = tampered(`${name}:signal=SIGKILL:when=${number}`);
      const killed = await run(list, { home: here, command: inject });
      const next = await run(["use", "a"], { home: here, timeoutMs: AT_ONCE_MS });
      const said = [killed, next].filter(({ stderr }) => stderr.includes("removed 1 context"));
      expect({ said: said.length > 0, losses: keptIn(here, "loss").length, left: leftovers(here) }).toEqual({
        said: true,
        losses: 1,
        left: [],
      });
    });
  }, 60_000);

  test("SIGTERM leaves the old file or the new one, as a kill does", async () => {
    const { ends, found, either } = await signalAtEachWrite("SIGTERM", command("use", "b"), usedHome);
    expect(ends).toEqual(["SIGTERM"]);
    expect(found).toEqual(either);
  });

  test("Ctrl-C during the write does not stop the change", async () => {
    const { ends, found, either } = await signalAtEachWrite("SIGINT", command("use", "b"), usedHome);
    expect(ends).toEqual([0]);
    expect(new Set([two, ...found])).toEqual(either);
    expect(found).not.toContain(two);
  });
});
