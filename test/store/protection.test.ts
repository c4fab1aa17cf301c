import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locateHome } from "../../src/resolve/bentoml-home.ts";
import { protectContext, removeContexts, renameContext } from "../../src/store/manage-contexts.ts";
import { readProtected } from "../../src/store/protection.ts";
import { bringBack, findRestorable, listRestorable } from "../../src/store/restore.ts";
import type { Store } from "../../src/store/store.ts";
import { run, type Home } from "../support/bin.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { asUser, give, needsRoot } from "../binary/faults/user.ts";
import { homeOf, openStore, ownOf, writeContexts } from "./fixture.ts";

sweepCanaries();

const EXEC = ["exec", "--", "echo", "ran"];

async function protectedHome(): Promise<Home> {
  const here = homeOf("prod", "dev");
  await protectContext(openStore(here).store, "prod");
  return here;
}

/** What `restore` lists first, brought back. */
async function restoreNewest(store: Store): Promise<void> {
  const [newest] = await listRestorable(store);
  await bringBack(store, findRestorable(store, newest!.id));
}

describe("protection stays with a context", () => {
  test.each<[string, (store: Store, here: Home) => Promise<unknown>]>([
    ["logout and restore", (store) => removeContexts(store, ["prod"])],
    ["rename and restore", (store) => renameContext(store, "prod", "live")],
    [
      "a loss and restore",
      async (store, here) => {
        await store.update(() => ({ changes: [{ kind: "use", name: "dev" }] }));
        writeContexts(here, [{ name: "dev" }]);
        await store.read();
      },
    ],
  ])("through %s", async (_name, act) => {
    const here = await protectedHome();
    const { store } = openStore(here);
    await act(store, here);
    await restoreNewest(store);
    expect((await store.read()).contexts.map(({ name }) => name)).toContain("prod");
    expect(readProtected(store.paths)).toContain("prod");
  });

  test("through a rename that fails, and to no other", async () => {
    const { store } = openStore(await protectedHome());
    await expect(renameContext(store, "prod", "dev")).rejects.toMatchObject({ code: "FAILURE" });
    expect(readProtected(store.paths)).toEqual(["prod"]);
    await renameContext(store, "prod", "live");
    expect(readProtected(store.paths)).toContain("live");
  });
});

describe("a contexts file that other homes link to", () => {
  /** Another home whose contexts file leads to that of `here`, by way of `links`. */
  function otherHome(here: Home, ...links: string[]): string {
    const other = join(here.path, "other");
    mkdirSync(other);
    let target = here.file;
    for (const link of [...links, ".yatai.yaml"]) {
      symlinkSync(target, join(other, link));
      target = join(other, link);
    }
    return other;
  }

  test.each([
    ["by a link", []],
    ["by a chain of links", ["first", "second"]],
  ])("%s: its protection is the same for them", async (_name, links) => {
    const here = await protectedHome();
    const env = { BENTOML_HOME: otherHome(here, ...links) };
    expect(locateHome(env, () => "/").own).toBe(ownOf(here));
    expect(await run(EXEC, { home: here, env })).toMatchObject({ code: 2, stdout: "" });
    expect((await run(["context", "protect", "dev"], { home: here, env })).code).toBe(0);
    expect(readProtected(openStore(here).store.paths)).toEqual(["prod", "dev"]);
  });

  test("that stands in no home: its protection is beside it, and the same for all", async () => {
    const here = homeOf("prod");
    const [real, other] = [join(here.path, "contexts.yaml"), join(here.path, "other")];
    renameSync(here.file, real);
    mkdirSync(other);
    for (const file of [here.file, join(other, ".yatai.yaml")]) symlinkSync(real, file);
    expect((await run(["context", "protect", "prod"], { home: here })).code).toBe(0);
    for (const env of [{}, { BENTOML_HOME: other }])
      expect(await run(EXEC, { home: here, env })).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("a list that cannot be believed stops what it would guard", () => {
  const listOf = (here: Home) => join(ownOf(here), "protected.json");

  test.each<[string, (path: string) => unknown, string]>([
    ["a link to nothing", (path) => symlinkSync("gone", path), "it is not a regular file"],
    ["a FIFO", (path) => Bun.spawnSync(["mkfifo", path]), "it is not a regular file"],
    ["a directory", (path) => mkdirSync(path), "it is not a regular file"],
    ["of another form", (path) => writeFileSync(path, "{}"), "no list of protected contexts"],
    ["cut short", (path) => writeFileSync(path, '["pr'), "no list of protected contexts"],
  ])("when it is %s", async (_name, put, words) => {
    const here = await protectedHome();
    rmSync(listOf(here));
    put(listOf(here));
    const { code, stdout, stderr } = await run(EXEC, { home: here, timeoutMs: 2000 });
    expect({ code, stdout, stderr }).toEqual({ code: 6, stdout: "", stderr: expect.stringContaining(words) });
    expect(await run(["token"], { home: here, reveals: true })).toMatchObject({ code: 0, stderr: "" });
  });

  test("when our directory is a link now", async () => {
    const here = await protectedHome();
    renameSync(ownOf(here), join(here.path, "moved"));
    symlinkSync(here.path, ownOf(here));
    expect(await run(EXEC, { home: here })).toMatchObject({ code: 6, stdout: "" });
    expect(await run(["token"], { home: here, reveals: true })).toMatchObject({ code: 0, stderr: "" });
  });

  needsRoot.test("when it belongs to another user", async () => {
    const here = await protectedHome();
    give(here);
    chownSync(listOf(here), 12_345, 12_345);
    chmodSync(listOf(here), 0o644);
    const stderr = `error: ${listOf(here)} belongs to another user\n`;
    expect(await run(EXEC, { home: here, command: asUser() })).toMatchObject({ code: 6, stdout: "", stderr });
  });
});
