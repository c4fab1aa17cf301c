import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createStore } from "../../src/store/store.ts";
import { acquireLock } from "../../src/system/lock.ts";
import { home, run, start } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { writeContexts } from "./fixture.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const never = new AbortController().signal;

function storeOf(here: Home) {
  const own = join(here.bentoml, ".bentocloud");
  return {
    own,
    store: createStore({ paths: { file: here.file, own }, signal: () => never, alert: () => {} }),
  };
}

const using = (name: string) => ({ changes: [{ kind: "use" as const, name }] });

describe("a writer whose lock was taken away", () => {
  test("takes it again and starts over from what stands in the file then", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }, { name: "c" }]);
    const { own, store } = storeOf(here);
    const seen: string[] = [];
    await store.update(({ current }) => {
      seen.push(current.name);
      // The first look is before the lock.
      if (seen.length === 2) {
        rmSync(join(own, "lock"));
        writeFileSync(here.file, here.read().replace(/_name: .*/, '_name: "c"'));
      }
      return using("b");
    });
    expect(seen).toEqual(["a", "a", "c"]);
    expect(here.read()).toContain("current_context_name: b");
    expect(readdirSync(own).toSorted()).toEqual(["backups", "known.yaml"]);
  });

  test("waits for who took it, and says so when that takes too long", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    const { own, store } = storeOf(here);
    const text = here.read();
    let plans = 0;
    let taking: Timer | undefined;
    const take = () => writeFileSync(join(own, "lock"), crypto.randomUUID());
    const updating = store.update(() => {
      plans += 1;
      if (plans === 2) {
        take();
        taking = setInterval(take, 500);
      }
      return using("b");
    });
    const result = await updating.catch((error: unknown) => error).finally(() => clearInterval(taking));
    expect(result).toMatchObject({
      code: "LOCKED",
      message: expect.stringContaining("has been writing for"),
    });
    expect({ plans, text: here.read() }).toEqual({ plans: 2, text });
  }, 20_000);
});

describe("our own memory", () => {
  test("is read once, until an update", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    const { own, store } = storeOf(here);
    const put = (previous: string) => {
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, "state.json"), JSON.stringify({ previous, identities: [] }));
    };
    put("one");
    expect((await store.state()).previous).toBe("one");
    put("two");
    expect((await store.state()).previous).toBe("one");
    await store.update(() => using("b"));
    expect((await store.state()).previous).toBe("two");
    put("three");
    await store.updateState((state) => state, { create: false });
    expect((await store.state()).previous).toBe("three");
  });

  test("is refreshed in spite of the lock of a process that has ended", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }]);
    const { own, store } = storeOf(here);
    await store.updateState((state) => ({ ...state, previous: "x" }), { create: true });
    const lock = await acquireLock(join(own, "lock"), 0, never);
    const owner = JSON.parse(readFileSync(join(own, "lock"), "utf8"));
    lock.release();
    writeFileSync(join(own, "lock"), JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }));
    await store.updateState((state) => ({ ...state, previous: "y" }), { create: false });
    expect((await store.state()).previous).toBe("y");
  });
});

describe("a contexts file that is a link into another home", () => {
  /** Two homes with one file. */
  function linked(name: string) {
    const here = home();
    const other = join(here.path, "other");
    mkdirSync(here.bentoml);
    mkdirSync(other);
    const target = join(other, name);
    symlinkSync(target, here.file);
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    return { here, other, target };
  }

  test.each([
    ["under its own name", ".yatai.yaml", ".bentocloud/lock"],
    ["under another name", "yatai", "yatai.bentocloud-lock"],
  ])("%s waits for who writes there", async (_name, name, lockName) => {
    const { here, other } = linked(name);
    mkdirSync(join(other, ".bentocloud"), { mode: 0o700 });
    const lock = await acquireLock(join(other, lockName), 0, never);
    const running = start(["use", "b"], { home: here });
    await Bun.sleep(700);
    expect(here.read()).toContain('current_context_name: "a"');
    lock.release();
    expect((await running.result).code).toBe(0);
    expect(here.read()).toContain("current_context_name: b");
    expect(here.tree().filter((line) => /lock |lock\./.test(line))).toEqual([]);
  });

  test("loses nothing of what many processes of both homes write at once", async () => {
    const { here, other } = linked(".yatai.yaml");
    const names = Array.from({ length: 6 }, (_, number) => [`here${number}`, `other${number}`]).flat();
    const results = await Promise.all(
      names.map((name) => {
        const args = ["login", "--with-token", "--no-use", "--endpoint", cloud.url, "--context", name];
        const env = name.startsWith("other") ? { BENTOML_HOME: other } : {};
        return run(args, { home: here, env, stdin: cloud.issueToken() });
      }),
    );
    // What a failure said is what one wants to know of it.
    expect(results.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
    for (const name of names) expect(here.read()).toContain(`  name: ${name}\n`);
    expect(here.tree()).toContain(`bentoml/.yatai.yaml -> ${join(other, ".yatai.yaml")}`);
  });

  test("into a directory that is not there is an error, and makes none", async () => {
    const here = home();
    mkdirSync(here.bentoml);
    symlinkSync("../missing/.yatai.yaml", here.file);
    await expect(storeOf(here).store.update(() => using("b"))).rejects.toMatchObject({ code: "STORAGE" });
    expect(here.tree().filter((line) => line.startsWith("missing"))).toEqual([]);
  });
});

test("preparing makes nothing", async () => {
  const here = home();
  await storeOf(here).store.prepare();
  expect(here.tree()).toEqual([]);
});
