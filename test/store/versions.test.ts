import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { Token } from "../../src/contexts/token.ts";
import { removeContexts, switchContext } from "../../src/store/manage-contexts.ts";
import { listRestorable } from "../../src/store/restore.ts";
import type { Store } from "../../src/store/store.ts";
import { listVersions, versionKey } from "../../src/store/versions.ts";
import { readContexts } from "../../src/yaml/read.ts";
import { asUser, give, needsRoot } from "../binary/faults/user.ts";
import { run } from "../support/bin.ts";
import { type Home, home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { homeOf, keptIn, openStore, ownOf, writeBelow, writeContexts } from "./fixture.ts";

sweepCanaries();

const folderOf = (here: Home) => join(ownOf(here), "versions");

function signIn(store: Store, name: string) {
  const token = new Token(canary());
  return store.update(() => ({
    changes: [{ kind: "put", name, endpoint: "https://c.test", token, email: null }],
  }));
}

describe("versions", () => {
  test("hold the file as it was found and as it was left, whole, for the owner alone", async () => {
    const here = home();
    const { store } = openStore(here);
    await signIn(store, "first");
    const left = here.read();
    expect(keptIn(here).map(({ text }) => text)).toEqual([left]);
    writeContexts(here, [{ name: "first" }, { name: "other" }]);
    const found = `# by hand\n${here.read()}`;
    here.write(found, 0o644);
    await signIn(store, "second");
    expect(keptIn(here).map(({ text }) => text)).toEqual([left, found, here.read()]);
    const names = here.tree().filter((line) => line.startsWith("bentoml/.bentocloud/versions/2"));
    expect(names).toHaveLength(3);
    for (const name of names)
      expect(name).toMatch(/\/\d{4}-\d\d-\d\dT[\d.-]+Z-[0-9a-f]{4}\.version\.yaml 0600$/);
  });

  test("are the last 20, however they came about", async () => {
    const here = homeOf("a", "b");
    const { store } = openStore(here);
    for (let round = 0; round < 25; round += 1) {
      if (round % 3 === 0) writeContexts(here, [{ name: "a" }, { name: `python${round}` }]);
      await signIn(store, `n${round}`);
    }
    const kept = keptIn(here);
    expect(kept).toHaveLength(20);
    expect(kept.at(-1)!.text).toBe(here.read());
    const logins = await Promise.all(
      kept.map(async ({ text }) => versionKey((await readContexts(text)).contexts)),
    );
    expect(new Set(logins).size).toBe(20);
  });

  test("keep the last 100 losses beside them", async () => {
    const here = homeOf("a", "b");
    const { store } = openStore(here);
    await signIn(store, "a");
    const name = (at: number) => `2026-01-01T00-00-00.${100 + at}Z-f0${(at + 16).toString(16)}`;
    for (let at = 0; at < 102; at += 1) writeBelow(folderOf(here), `${name(at)}.loss.yaml`, "contexts: []\n");
    writeContexts(here, [{ name: "b" }]);
    await store.read();
    const losses = keptIn(here, "loss");
    expect(losses).toHaveLength(100);
    expect(losses.at(-1)!.text).toContain("name: a\n");
  });

  test.each([10, 100])(
    "take none for a switch: after %d, what a logout removed is restorable",
    async (switches) => {
      const here = homeOf("a", "b");
      const { store } = openStore(here);
      await signIn(store, "c");
      await removeContexts(store, ["c"]);
      const before = keptIn(here);
      for (let round = 0; round < switches; round += 1) await switchContext(store, round % 2 ? "a" : "b");
      // Another program's switch is no different.
      here.write(here.read().replace(/current_context_name: .*/, "current_context_name: b"));
      await switchContext(store, "a");
      expect(keptIn(here).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      expect(keptIn(here).at(-1)!.text).toBe(here.read());
      const restorable = await listRestorable(store);
      expect(restorable.filter(({ contexts }) => contexts.includes("c"))).toHaveLength(1);
    },
  );

  test("with times in the future do not make the newest one look old, after the clock was set back", async () => {
    const here = homeOf("a", "b");
    for (let at = 10; at < 30; at += 1)
      writeBelow(folderOf(here), `2038-01-19T03-14-07.0${at}Z-ff${at}.version.yaml`, `contexts: []\n#${at}`);
    const found = here.read();
    await signIn(openStore(here).store, "c");
    const kept = keptIn(here).map(({ text }) => text);
    expect(kept.slice(-2)).toEqual([found, here.read()]);
    expect(kept).toHaveLength(20);
  });

  test("leave files of other names alone, and so does the removal of what killed writers left", async () => {
    const here = homeOf("a", "b");
    const others = [
      ".bentocloud/versions/mine.yaml",
      ".bentocloud/lock.keep",
      ".bentocloud/state.json.mine.tmp",
      ".yatai.yaml.bak.1-x.tmp",
    ];
    const ours = [
      ".bentocloud/lock.0123abcd",
      ".yatai.yaml.1-0123abcd.tmp",
      ".yatai.yaml.broken-2026-01-01T00-00-00.000Z.1-0123abcd.tmp",
      ".bentocloud/versions/2026-01-01T00-00-00.000Z-abcd.version.yaml.1-0123abcd.tmp",
    ];
    for (const name of [...others, ...ours]) writeBelow(here.bentoml, name, "");
    await switchContext(openStore(here).store, "b");
    const left = here.tree().map((line) => line.replace(/^bentoml\//, "").replace(/ 0\d+$/, ""));
    expect(left).toEqual(expect.arrayContaining(others));
    expect(left.filter((name) => ours.includes(name))).toEqual([]);
  });
});

describe("something else in the place of a file of ours is an error at once, exit 6, that names it", () => {
  const socket = createServer();
  afterAll(() => socket.close());
  // The address of a socket is at most 107 bytes long.
  const listen = async (path: string) => {
    const short = join(dirname(path), "s");
    await new Promise<void>((resolve) => void socket.listen(short, resolve));
    renameSync(short, path);
  };
  const KINDS: [name: string, put: (path: string) => unknown][] = [
    ["a FIFO", (path) => Bun.spawnSync(["mkfifo", path])],
    ["a directory", (path) => mkdirSync(path)],
    ["a link", (path) => symlinkSync("/dev/null", path)],
    ["a link to nothing", (path) => symlinkSync("nothing", path)],
    ["a socket", listen],
  ];
  const places: [name: string, find: (here: Home) => string][] = [
    ["the lock", (here) => join(ownOf(here), "lock")],
    ["the memory", (here) => join(ownOf(here), "state.json")],
    ["the newest version", (here) => listVersions(ownOf(here)).at(-1)!.path],
  ];

  test.each(places)("%s", async (_place, find) => {
    for (const [name, put] of KINDS) {
      const here = homeOf("a", "b");
      expect((await run(["use", "b"], { home: here })).code).toBe(0);
      const path = find(here);
      rmSync(path, { force: true });
      await put(path);
      const text = here.read();
      const result = await run(["use", "a"], { home: here, timeoutMs: 2000 });
      const stderr = `error: cannot read ${path}: it is not a regular file\n`;
      expect({ name, ...result }).toMatchObject({ name, code: 6, stderr });
      expect(here.read()).toBe(text);
      socket.close();
    }
  });

  test("the `.breaking` beside the lock", async () => {
    const here = homeOf("a", "b");
    const mark = join(ownOf(here), "lock.breaking");
    mkdirSync(ownOf(here), { mode: 0o700 });
    writeFileSync(join(ownOf(here), "lock"), "of nobody");
    Bun.spawnSync(["mkfifo", mark]);
    const { code, stderr } = await run(["use", "b"], { home: here, timeoutMs: 10_000 });
    expect(stderr).toBe(`error: cannot read ${mark}: it is not a regular file\n`);
    expect(code).toBe(6);
  });

  needsRoot.test.each(places)("%s, of another user", async (_place, find) => {
    const here = homeOf("a", "b");
    await run(["use", "b"], { home: here });
    const path = find(here);
    writeFileSync(path, "");
    chmodSync(path, 0o644);
    give(here);
    chownSync(path, 12_345, 12_345);
    expect(await run(["use", "a"], { home: here, command: asUser(), timeoutMs: 2000 })).toMatchObject({
      code: 6,
      stderr: `error: ${path} belongs to another user\n`,
    });
  });
});
