import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { switchContext } from "../../src/store/manage-contexts.ts";
import { keptIn, leftovers, openStore, ownOf, writeBelow } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { forEachOf, RENAME, tampered, needsTrace, UNLINK, writingCalls } from "./faults/strace.ts";
import { type Command, expectRefusal, homeWithTwo, login, writers } from "./faults/writers.ts";

sweepCanaries({ files: ["bentoml/.yatai.yaml.broken-*"] });

const cloud = await cloudForAll({ verify: false });

const use: Command = { args: ["use", "b"], stdin: null };
const isChanged = (here: Home) => here.read().includes("current_context_name: b");

async function usedHome(): Promise<Home> {
  const here = homeWithTwo();
  const { store } = openStore(here);
  for (const name of ["b", "a"]) await switchContext(store, name);
  return here;
}

/** Where another program removed `b`, and a command of ours has kept it. */
async function reportedHome(): Promise<Home> {
  const here = await usedHome();
  here.write(here.read().replace(/- api_token(?:.*\n){3} {2}name: "b"\n/, ""));
  await openStore(here).store.read();
  return here;
}

async function brokenHome(): Promise<Home> {
  const here = await usedHome();
  here.write("contexts: [");
  utimesSync(here.file, 1, 1);
  return here;
}

/** Replacements for a file of ours, which is only read if it is a regular file of this user. */
const IN_PLACE: [what: string, put: (path: string) => void][] = [
  ["a FIFO", (path) => void Bun.spawnSync(["mkfifo", path])],
  ["a link to a file", (path) => symlinkSync(writeBelow(dirname(path), "real", "{}"), path)],
  ["a link to nothing", (path) => symlinkSync("gone", path)],
  ["a directory", (path) => mkdirSync(path)],
];

describe.each([
  ["state.json", IN_PLACE],
  ["lock", IN_PLACE],
  ["protected.json", IN_PLACE],
  ["versions", IN_PLACE.slice(0, -1)],
] as const)("something else in the place of .bentocloud/%s", (name, things) => {
  test.each(things)("%s: the commands that need the file fail in time, and name it", async (_what, put) => {
    const here = await usedHome();
    const path = join(ownOf(here), name);
    rmSync(path, { recursive: true, force: true });
    put(path);
    const text = here.read();
    const args = name === "protected.json" ? ["logout", "b"] : ["use", "b"];
    const { code, stderr } = await run(args, { home: here, timeoutMs: 17_000 });
    expect({ code, stderr }).toMatchObject({ code: 6, stderr: expect.stringContaining(path) });
    expect(here.read()).toBe(text);
    if (name === "versions") expect((await run(["restore"], { home: here })).code).toBe(6);
  });
});

needsTrace.describe("system calls that fail", () => {
  test.each([
    ["EPERM", "the operation is not permitted"],
    ["EXDEV", "cross-device link not permitted (EXDEV)"],
    ["EBUSY", "it is in use or mounted"],
  ])(
    "a rename that fails with %s: every change is refused, with the reason in words",
    async (code, words) => {
      for (const command of writers(cloud)) {
        const here = await usedHome();
        // The pending version is renamed first; a switch has none.
        const number = command.args[0] === "use" ? 1 : 2;
        const options = { home: here, command: tampered(`${RENAME}:error=${code}:when=${number}`) };
        await expectRefusal(command, { ...options, message: `cannot write ${here.file}: ${words}` });
        expect(leftovers(here)).toEqual([]);
      }
    },
  );

  const ERRORS = ["EIO", "ENOSPC", "EROFS"];
  const loss = (here: Home) => ["restore", keptIn(here, "loss")[0]!.id];
  test.each<[string, (here: Home) => string[], () => Promise<Home>]>([
    ["use", () => ["use", "b"], usedHome],
    ["use, the first time", () => ["use", "b"], async () => homeWithTwo()],
    ["logout", () => ["logout", "b"], usedHome],
    ["rename", () => ["context", "rename", "b", "c"], usedHome],
    ["restore of a loss", loss, reportedHome],
    ["restore for a file that cannot be read", (here) => ["restore", keptIn(here)[0]!.id], brokenHome],
  ])(
    "any call that writes, during %s: exit 0 and the change is made, or exit 6 and it is not",
    async (_name, argsFor, prepare) => {
      const reference = await prepare();
      const calls = await writingCalls(argsFor(reference), { here: reference });
      const ends = new Set<number | null>();
      await forEachOf(calls, async ({ name, number }) => {
        const here = await prepare();
        const [text, kept] = [here.read(), keptIn(here).map((version) => version.text)];
        const command = tampered(`${name}:error=${ERRORS[number % ERRORS.length]}:when=${number}`);
        const { code, stderr } = await run(argsFor(here), { home: here, command });
        ends.add(code);
        const isMade = here.read() !== text;
        expect({ name, number, isMade }).toEqual({ name, number, isMade: code === 0 });
        if (code !== 0)
          expect({ code, stderr }).toMatchObject({
            code: 6,
            stderr: expect.stringMatching(
              /^error: cannot (write|write in|read) \/\S+: [a-z -/]+(\(EIO\))?\n$/,
            ),
          });
        // A refused change has taken no version away, and accuses nobody; the next one cleans up.
        for (const one of code === 0 ? [] : kept)
          expect(keptIn(here).map((version) => version.text)).toContain(one);
        for (const next of [
          ["context", "list"],
          ["use", "a"],
        ])
          expect({ stderr: (await run(next, { home: here })).stderr }).toEqual({
            stderr: expect.not.stringContaining("another program"),
          });
        expect(leftovers(here)).toEqual([]);
      });
      expect(ends).toEqual(new Set([0, 6]));
    },
    60_000,
  );

  test("an interrupted call is repeated, or the command succeeds without it", async () => {
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

  test("a call that is interrupted every time is an error, and nothing is changed", async () => {
    const here = await usedHome();
    const message = `cannot write ${here.file}: it was interrupted again and again`;
    await expectRefusal(use, { home: here, command: tampered("fsync:error=EINTR"), message });
  });

  // A login renames the pending version first, then the contexts file. It syncs a file first, then its directory.
  test.each([
    ["syncing a directory", "fsync:error=EIO:when=2+"],
    ["settling the version, our memory, and giving the lock back", `${RENAME}:error=EIO:when=3+`],
    ["removing anything", `${UNLINK}:error=EIO:when=4+`],
  ])(
    "calls after the rename: the change stays, and no other program is blamed: %s",
    async (_name, inject) => {
      for (const { args, stdin } of [login(cloud, "new"), { args: ["logout", "b"], stdin: null }]) {
        const here = await usedHome();
        const [text, trace] = [here.read(), join(home().path, "trace")];
        const { code } = await run(args, { home: here, stdin, command: tampered(inject, trace) });
        expect({ code, isMade: here.read() !== text }).toEqual({ code: 0, isMade: true });
        expect(readFileSync(trace, "utf8")).toContain("EIO");
        for (const next of [
          ["context", "list"],
          ["context", "rename", "a", "c"],
        ])
          expect((await run(next, { home: here })).stderr).not.toContain("another program");
        expect(leftovers(here)).toEqual([]);
      }
    },
  );
});

needsTrace.test(
  "use replaces the contexts file, the newest version and our memory, and makes no request",
  async () => {
    const here = home();
    const { args, stdin } = login(cloud, "a");
    for (const name of ["a", "b"]) await run([...args.slice(0, -1), name], { home: here, stdin });
    // Another program's login, which `use` has not seen.
    here.write(here.read().replace(/api_token: .*/, `api_token: ${cloud.issueToken()}`));
    const asked = cloud.requests.length;
    const trace = join(home().path, "trace");
    for (const name of ["a", "b"]) expect((await run(["use", name], { home: here })).code).toBe(0);
    const command = [
      "strace",
      "-f",
      "-qq",
      "-o",
      trace,
      "-e",
      `trace=${RENAME},?connect`,
      ...tampered("x").slice(-1),
    ];
    expect((await run(["use", "a"], { home: here, command })).code).toBe(0);
    const calls = readFileSync(trace, "utf8");
    const replaced = [...calls.matchAll(/rename\w*\(.*"([^"]+)"\) = 0/g)].map(([, path]) =>
      path!.slice(here.bentoml.length + 1),
    );
    expect(replaced.filter((path) => !path.includes("/lock"))).toEqual([
      ".yatai.yaml",
      expect.stringMatching(/^\.bentocloud\/versions\/.*\.version\.yaml$/),
      ".bentocloud/state.json",
    ]);
    expect(calls).not.toContain("AF_INET");
    expect(cloud.requests).toHaveLength(asked);
  },
);
