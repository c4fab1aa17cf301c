import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { acquireLock } from "../../src/system/lock.ts";
import { home, run, start } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { leftovers } from "./fixture.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const RUNS = 20;
const numbers = Array.from({ length: RUNS }, (_, index) => index);

const entry = (name: string) =>
  `- api_token: ${canary()}\n  email: me@example.test\n  endpoint: https://cloud.test\n  name: ${name}\n`;
const fileOf = (names: string[], current = names[0]) =>
  `contexts:\n${names.map(entry).join("")}current_context_name: ${current}\n`;
const namesIn = (text: string) => [...text.matchAll(/^ {2}name: (.*)$/gm)].map(([, name]) => name!);

function signIn(here: Home, name: string, env: Record<string, string> = {}) {
  const args = ["login", "--with-token", "--no-use", "--endpoint", cloud.url, "--context", name];
  return run(args, { home: here, env, stdin: cloud.issueToken() });
}

/** Looks at the file as fast as it can until told to stop, and keeps every state that is no whole file. */
function watchFile(here: Home): { stop(): Promise<string[]> } {
  const bad = new Set<string>();
  const state = { running: true };
  const done = (async () => {
    while (state.running) {
      const text = readFileSync(here.file, "utf8");
      if (
        !/^contexts:\n(- api_token: .*\n {2}email: .*\n {2}endpoint: .*\n {2}name: .*\n)+current_context_name: .*\n$/.test(
          text,
        )
      )
        bad.add(text.replaceAll(/api_token: .*/g, "api_token: …"));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return {
    async stop() {
      state.running = false;
      await done;
      return [...bad];
    },
  };
}

describe("many processes at once lose nothing", () => {
  test(`${RUNS} logins under different names, while others read`, async () => {
    const here = home();
    here.write(fileOf(["first"]));
    const watch = watchFile(here);
    const [logins, reads] = await Promise.all([
      Promise.all(numbers.map((number) => signIn(here, `n${number}`))),
      Promise.all(numbers.map(() => run(["context", "list", "--json"], { home: here }))),
    ]);
    expect(await watch.stop()).toEqual([]);
    expect(logins.map(({ code }) => code)).toEqual(numbers.map(() => 0));
    for (const { code, stdout, stderr } of reads) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout).contexts[0]).toMatchObject({ name: "first", current: true });
    }
    expect(namesIn(here.read()).toSorted()).toEqual(["first", ...numbers.map((n) => `n${n}`)].toSorted());
    expect(leftovers(here)).toEqual([]);
  });

  test("renames, removals and switches of different contexts", async () => {
    const here = home();
    const names = (letter: string) => numbers.slice(0, 6).map((number) => `${letter}${number}`);
    here.write(fileOf(["stay", ...names("move"), ...names("drop"), ...names("use")]));
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

  test("logins into a home that does not exist yet", async () => {
    const here = home();
    const results = await Promise.all(numbers.slice(0, 8).map((number) => signIn(here, `n${number}`)));
    expect(results.map(({ code }) => code)).toEqual(results.map(() => 0));
    expect(namesIn(here.read())).toHaveLength(8);
  });

  test("the same name: the last one stands, once", async () => {
    const here = home();
    const results = await Promise.all(numbers.slice(0, 6).map(() => signIn(here, "same")));
    expect(results.map(({ code }) => code)).toEqual(results.map(() => 0));
    expect(namesIn(here.read())).toEqual(["same"]);
  });
});

describe("a lock that nobody holds any more", () => {
  const place = [
    hostname(),
    readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    // The inode of this process's pid namespace.
    Bun.spawnSync(["stat", "-Lc", "%i", "/proc/self/ns/pid"]).stdout.toString().trim(),
  ].join("/");

  test.concurrent.each([
    ["of a process that is dead", JSON.stringify({ pid: 2 ** 22 + 1, place, nonce: "x" })],
    ["of another machine", JSON.stringify({ pid: 1, place: "elsewhere/boot/1", nonce: "x" })],
    ["with garbage in it", "\u0000garbage"],
    ["that is empty", ""],
  ])("%s does not stop a writer for ever, and goes away", async (_name, text) => {
    const here = home();
    here.write(fileOf(["a", "b"]));
    mkdirSync(join(here.bentoml, ".bentocloud"));
    writeFileSync(join(here.bentoml, ".bentocloud/lock"), text);
    const results = await Promise.all(numbers.slice(0, 3).map((number) => signIn(here, `n${number}`)));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(namesIn(here.read())).toHaveLength(5);
    expect(leftovers(here)).toEqual([]);
  });

  test.concurrent("of another machine ends its wait by itself, however short --timeout is", async () => {
    const here = home();
    here.write(fileOf(["a", "b"]));
    mkdirSync(join(here.bentoml, ".bentocloud"));
    const lock = JSON.stringify({ pid: 1, place: "elsewhere/boot/1", nonce: "x" });
    writeFileSync(join(here.bentoml, ".bentocloud/lock"), lock);
    expect((await run(["use", "b", "--timeout", "0.3"], { home: here })).code).toBe(0);
    expect(here.read()).toContain("current_context_name: b");
  });

  test.concurrent("one that others keep taking makes a writer wait, and give up as LOCKED", async () => {
    const here = home();
    const text = fileOf(["a", "b"]);
    here.write(text);
    mkdirSync(join(here.bentoml, ".bentocloud"));
    const lock = join(here.bentoml, ".bentocloud/lock");
    const take = () =>
      writeFileSync(lock, JSON.stringify({ pid: process.pid, place, nonce: crypto.randomUUID() }));
    take();
    const taking = setInterval(take, 500);
    const { code, stderr } = await run(["use", "b", "--json"], { home: here });
    clearInterval(taking);
    const { error } = JSON.parse(stderr);
    expect({ code, error: error.code, text: here.read() }).toEqual({ code: 6, error: "LOCKED", text });
    expect(error.hint).toContain(lock);
    expect(JSON.parse(readFileSync(lock, "utf8")).pid).toBe(process.pid);
    expect((await run(["token"], { home: here, reveals: true })).code).toBe(0);
  });

  test("Ctrl-C while waiting for one changes nothing and exits 130", async () => {
    const here = home();
    const text = fileOf(["a", "b"]);
    here.write(text);
    mkdirSync(join(here.bentoml, ".bentocloud"));
    writeFileSync(
      join(here.bentoml, ".bentocloud/lock"),
      JSON.stringify({ pid: process.pid, place, nonce: "x" }),
    );
    const running = start(["use", "b"], { home: here });
    await Bun.sleep(300);
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({ code: 130, stdout: "" });
    expect(here.read()).toBe(text);
  });
});

describe("a program that truncates and rewrites the file in place, as Python bentoml does", () => {
  /** Adds contexts one by one in a separate process, each time from what stands in the file. */
  const PEER = `
    import os, sys, time
    path, count = sys.argv[1], int(sys.argv[2])
    for number in range(count):
        text = open(path).read()
        head, tail = text.split("current_context_name")
        more = "- api_token: " + "p" * 20 + "\\n  email: null\\n  endpoint: https://cloud.test\\n  name: peer%d\\n" % number
        with open(path, "w") as file:
            file.write(head + more + "current_context_name" + tail)
        time.sleep(0.02)
  `.replaceAll(/^ {4}/gm, "");

  test("loses nothing of what it writes to a write of ours", async () => {
    const here = home();
    here.write(fileOf(["first", "second"]));
    const peer = run(["-c", PEER, here.file, "30"], { home: here, command: ["python3"] });
    const state = { ended: false };
    void peer.finally(() => (state.ended = true));
    for (let round = 0; !state.ended; round += 1) {
      const { code, stderr } = await run(["use", round % 2 ? "first" : "second"], { home: here });
      expect({ code, stderr }).toMatchObject({ code: 0 });
    }
    expect(await peer).toMatchObject({ code: 0, stderr: "" });
    expect(namesIn(here.read())).toEqual([
      "first",
      "second",
      ...Array.from({ length: 30 }, (_, n) => `peer${n}`),
    ]);
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
    here.write(fileOf(["a", "b"]));
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
    expect(here.read()).toContain("current_context_name: a");
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
