import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquireLock } from "../../src/system/lock.ts";
import { home, run, start, type Home } from "../support/bin.ts";
import { withStoreLock } from "../../src/store/store-lock.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { homeOf, leftovers, ownOf, writeBelow, writeContexts } from "./fixture.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

const numbers = Array.from({ length: 8 }, (_, index) => index);

const namesIn = (text: string) => [...text.matchAll(/^ {2}name: "?([\w-]+)/gm)].map(([, name]) => name!);

function signIn(here: Home, name: string, env: Record<string, string> = {}) {
  const args = ["login", "--with-token", "--no-use", "--endpoint", cloud.url, "--context", name];
  return run(args, { home: here, env, stdin: cloud.issueToken() });
}

describe("many processes at once lose nothing", () => {
  test("renames, removals and switches of different contexts", async () => {
    const names = (letter: string) => numbers.slice(0, 6).map((number) => `${letter}${number}`);
    const here = homeOf("stay", ...names("move"), ...names("drop"), ...names("use"));
    const results = await Promise.all([
      ...names("move").map((name) => run(["context", "rename", name, `to-${name}`], { home: here })),
      ...names("drop").map((name) => run(["context", "remove", name], { home: here })),
      ...names("use").map((name) => run(["use", name], { home: here })),
    ]);
    expect(results.map(({ code }) => code)).toEqual(results.map(() => 0));
    expect(namesIn(here.read())).toEqual(["stay", ...names("to-move"), ...names("use")]);
    expect(here.read()).toMatch(/current_context_name: use\d\n$/);
    expect(leftovers(here)).toEqual([]);
  });
});

describe("a lock", () => {
  test.concurrent.each([
    ["of another machine", JSON.stringify({ pid: 1, place: "elsewhere/boot/1", nonce: "x" })],
    ["with garbage in it", "\u0000garbage"],
    ["that is empty", ""],
  ])("%s does not stop writers for ever, however short --timeout is", async (_name, text) => {
    const here = homeOf("a", "b");
    writeBelow(ownOf(here), "lock", text);
    const use = run(["use", "b", "--timeout", "0.3"], { home: here });
    const results = await Promise.all([use, signIn(here, "c"), signIn(here, "d")]);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(namesIn(here.read())).toHaveLength(4);
    expect(leftovers(here)).toEqual([]);
  });

  test("that others keep taking ends a writer with LOCKED", async () => {
    const here = homeOf("a", "b");
    const text = here.read();
    const lock = writeBelow(ownOf(here), "lock", "0");
    const taking = setInterval(() => writeFileSync(lock, crypto.randomUUID()), 100);
    const tools = { signal: new AbortController().signal, waitMs: 300 };
    const paths = { file: here.file, own: ownOf(here) };
    const start = performance.now();
    const attempt = withStoreLock(paths, tools, () => Promise.resolve(true));
    await expect(attempt).rejects.toMatchObject({
      code: "LOCKED",
      message: expect.stringContaining("other processes have been writing"),
      hint: "try again",
    });
    clearInterval(taking);
    // A queue that gets on is waited in for longer.
    expect(performance.now() - start).toBeGreaterThan(600);
    expect(here.read()).toBe(text);
  });

  test("does not stop a reader", async () => {
    const here = homeOf("a", "b");
    writeBelow(ownOf(here), "lock", "of another machine");
    expect((await run(["token"], { home: here, reveals: true })).code).toBe(0);
  });

  test("is waited for until Ctrl-C, which changes nothing and exits 130", async () => {
    const here = homeOf("a", "b");
    const text = here.read();
    writeBelow(ownOf(here), "lock", "of another machine");
    const running = start(["use", "b"], { home: here });
    await Bun.sleep(1_000);
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({ code: 130, stdout: "" });
    expect(here.read()).toBe(text);
  });
});

describe("a contexts file that is a link into another home", () => {
  /** Two homes with one file. */
  function linked(name: string) {
    const here = home();
    const other = join(here.path, "other");
    mkdirSync(here.bentoml);
    mkdirSync(join(other, ".bentocloud"), { recursive: true, mode: 0o700 });
    symlinkSync(join(other, name), here.file);
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    return { here, other };
  }

  test.each([
    ["under its own name", ".yatai.yaml", ".bentocloud/lock"],
    ["under another name", "yatai", "yatai.bentocloud-lock"],
  ])("%s waits for who writes there", async (_name, name, lockName) => {
    const { here, other } = linked(name);
    const lock = await acquireLock(join(other, lockName), 0, new AbortController().signal);
    const running = start(["use", "b"], { home: here });
    await Bun.sleep(700);
    expect(here.read()).toContain('current_context_name: "a"');
    lock.release();
    expect((await running.result).code).toBe(0);
    expect(here.read()).toContain("current_context_name: b");
    expect(leftovers(here)).toEqual([]);
  });

  test("loses nothing of what many processes of both homes write at once", async () => {
    const { here, other } = linked(".yatai.yaml");
    const names = Array.from({ length: 6 }, (_, number) => [`here${number}`, `other${number}`]).flat();
    const results = await Promise.all(
      names.map((name) => signIn(here, name, name.startsWith("other") ? { BENTOML_HOME: other } : {})),
    );
    expect(results.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
    expect(namesIn(here.read()).toSorted()).toEqual(["a", "b", ...names].toSorted());
    expect(here.tree()).toContain(`bentoml/.yatai.yaml -> ${join(other, ".yatai.yaml")}`);
  });
});
