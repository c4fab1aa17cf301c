import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { type Home, home, run, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { needs } from "../support/needs.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { filesWith, program, sharedKeyring, sharedPass, startKeyring } from "./peers.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

const { describe } = needs(
  "gnome-keyring-daemon",
  "dbus-daemon",
  "dbus-send",
  "docker-credential-pass",
  "docker-credential-secretservice",
  "pass",
  "gpg",
  "secret-tool",
);

const STORES = ["keyring", "helper:pass", "helper:secretservice"];

async function peers(): Promise<Record<string, string>> {
  return { ...(await sharedKeyring()).env, ...sharedPass() };
}

function homeWith(cloud: LocalCloud): { here: Home; token: string } {
  const here = home();
  const token = cloud.issueToken({ name: "ci" });
  writeContexts(here, [{ name: "mine", endpoint: cloud.url, token, email: "me@example.test" }]);
  return { here, token };
}

/** What stores keep for this home, by what our records say. */
function recordsOf(here: Home): { place: { kind: string } }[] {
  const path = join(here.bentoml, ".bentocloud/stores.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

async function entriesIn(env: Record<string, string>): Promise<number> {
  const ask = (...argv: string[]) => {
    const { stdout } = Bun.spawn(argv, { env: { ...process.env, ...env }, stderr: "ignore" });
    return new Response(stdout).text();
  };
  const list = async (name: string) => Object.keys(JSON.parse(await ask(name, "list")) ?? {}).length;
  const search = async () => {
    const found = await ask("secret-tool", "search", "--all", "application", "bentocloud");
    return found === "" ? 0 : found.split("\n[/").length;
  };
  const helpers = ["docker-credential-pass", "docker-credential-secretservice"].map(list);
  const counts = await Promise.all([...helpers, search()]);
  return counts.reduce((sum, count) => sum + count);
}

async function expectToken(token: string, options: RunOptions): Promise<void> {
  const result = await run(["token"], { ...options, reveals: "stdout" });
  expect({ code: result.code, isToken: result.stdout === `${token}\n` }).toEqual({ code: 0, isToken: true });
}

describe("the life of a token outside of the contexts file", () => {
  test.each(STORES)("in %s: login, use, status, rotate, rename, login again, logout", async (store) => {
    const cloud = await newCloud();
    const env = await peers();
    const here = home();
    const first = cloud.issueToken({ name: "ci" });
    const words = ["login", "--endpoint", cloud.url, "--with-token"];
    const login = await run([...words, "--store", store], { home: here, env, stdin: first });
    expect(login).toMatchObject({ code: 0, stdout: "" });
    expect(login.stderr).toContain('Saved as context "default", now current, with its API token in the ');
    expect(filesWith(first, here)).toEqual([]);
    const options = { home: here, env };
    await expectToken(first, options);
    const command = ["exec", "--", "sh", "-c", "echo $BENTO_CLOUD_API_KEY"];
    expect(await run(command, { ...options, reveals: "stdout" })).toMatchObject({ stdout: `${first}\n` });
    expect(await run(["env"], { ...options, reveals: "stdout" })).toMatchObject({
      stdout: expect.stringContaining(first),
    });
    expect(await run(["api", "/api/v1/auth/current"], options)).toMatchObject({ code: 0 });
    expect(await run(["api-token", "list"], options)).toMatchObject({ code: 0 });
    const status = await run(["status", "--json"], options);
    const [kind, name = null] = store.split(":");
    expect(JSON.parse(status.stdout)).toMatchObject({ verdict: "valid", store: { kind, name, state: "ok" } });

    expect(await run(["api-token", "rotate"], options)).toMatchObject({ code: 0 });
    const second = cloud.tokens.find((token) => token.name.startsWith("ci-r"))!.value;
    await expectToken(second, options);
    expect(filesWith(second, here)).toEqual([]);
    expect(await entriesIn(env)).toBe(1);

    expect(await run(["context", "rename", "default", "prod"], options)).toMatchObject({ code: 0 });
    await expectToken(second, options);
    const third = cloud.issueToken({ name: "third" });
    expect(await run([...words, "--context", "prod"], { ...options, stdin: third })).toMatchObject({
      code: 0,
    });
    await expectToken(third, options);
    expect(filesWith(third, here)).toEqual([]);
    expect(await entriesIn(env)).toBe(1);

    expect(await run(["logout", "prod"], options)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`is deleted on its server: ${cloud.url}/api_tokens\n`),
    });
    expect({ entries: await entriesIn(env), records: recordsOf(here) }).toEqual({ entries: 0, records: [] });
  });

  test("moves between all stores leave the token in one place alone", async () => {
    const cloud = await newCloud();
    const env = await peers();
    const here = home();
    const token = cloud.issueToken();
    const login = ["login", "--context", "mine", "--endpoint", cloud.url, "--with-token"];
    expect(await run(login, { home: here, env, stdin: token })).toMatchObject({ code: 0 });
    const { path } = program("show", `echo ${token}`);
    const stores: Record<string, string[]> = {
      f: ["file"],
      k: ["keyring"],
      p: ["helper:pass"],
      s: ["helper:secretservice"],
      c: ["command", "--", path],
    };
    // Every pair of two of them, in both directions.
    for (const [index, letter] of [..."kfpfsfckpkskcpspcscf"].entries()) {
      const moved = await run(["context", "store", "mine", "--to", ...stores[letter]!], { home: here, env });
      const step = `${index}: ${letter}`;
      expect({ step, code: moved.code, stdout: moved.stdout }).toEqual({ step, code: 0, stdout: "" });
      const [count] = await Promise.all([entriesIn(env), expectToken(token, { home: here, env })]);
      const isInFile = filesWith(token, here).length > 0;
      const entries = "kps".includes(letter) ? 1 : 0;
      expect({ step, isInFile, count }).toEqual({ step, isInFile: letter === "f", count: entries });
    }
    const { stdout } = await run(["context", "list", "--json"], { home: here, env });
    // What was known of the login went with it.
    expect(JSON.parse(stdout)).toMatchObject({ contexts: [{ name: "mine", organization: "acme" }] });
  }, 60_000);

  test("`context store --all --to keyring --rotate` makes every old copy worthless", async () => {
    const cloud = await newCloud();
    const env = await peers();
    const { here, token } = homeWith(cloud);
    const words = ["context", "store", "--all", "--to", "keyring", "--rotate", "--json"];
    const { code, stdout } = await run(words, { home: here, env });
    const store = { kind: "keyring", name: null, state: "ok" };
    expect({ code, stdout: JSON.parse(stdout) }).toEqual({
      code: 0,
      stdout: { contexts: [{ name: "mine", store }] },
    });
    expect(cloud.tokens.map(({ value }) => value)).not.toContain(token);
    for (const { value } of [...cloud.tokens, { value: token }]) expect(filesWith(value, here)).toEqual([]);
    expect(await run(["logout"], { home: here, env })).toMatchObject({ code: 0 });
  });

  test("`logout --revoke --purge` deletes the token on the server and in its store", async () => {
    const env = await peers();
    const cloud = await newCloud();
    const { here, token } = homeWith(cloud);
    const options = { home: here, env };
    expect(await run(["context", "store", "mine", "--to", "helper:pass"], options)).toMatchObject({
      code: 0,
    });
    // The reference of the first login stays in versions, and its entry is gone.
    const again = ["login", "--context", "mine", "--with-token"];
    const next = cloud.issueToken({ createdAt: new Date(0) });
    const renewed = await run(again, { ...options, stdin: next });
    expect(renewed).toMatchObject({ code: 0 });
    cloud.revoke(token);
    const words = ["logout", "mine", "--revoke", "--purge"];
    expect(await run(words, options)).toMatchObject({ code: 0, stdout: "" });
    const left = new Set(cloud.tokens.map(({ value }) => value));
    expect([left.has(token), left.has(next)]).toEqual([false, false]);
    expect({ entries: await entriesIn(env), records: recordsOf(here) }).toEqual({ entries: 0, records: [] });
  });

  test("what cannot be erased at a logout is exit 6, and `doctor --fix` tries again", async () => {
    const keyring = await startKeyring();
    const cloud = await newCloud();
    const { here, token } = homeWith(cloud);
    const options = { home: here, env: keyring.env };
    expect(await run(["context", "store", "mine", "--to", "keyring"], options)).toMatchObject({ code: 0 });
    keyring.signal("SIGSTOP");
    const { code, stderr } = await run(["logout", "mine"], options);
    keyring.signal("SIGCONT");
    expect(code).toBe(6);
    expect(stderr).toContain(
      'done, but the keyring still has the API token of "mine": the keyring did not answer',
    );
    expect(recordsOf(here)).toHaveLength(1);
    expect((await run(["doctor", "--offline"], options)).stdout).toContain("that no context uses any more");
    expect((await run(["doctor", "--offline", "--fix"], options)).stdout).toContain("erased 1 API token");
    expect(recordsOf(here)).toEqual([]);
    expect(filesWith(token, here)).toEqual([]);
  });

  test("many logins at once lose nothing", async () => {
    const { env } = await sharedKeyring();
    const cloud = await newCloud();
    const options = { home: home(), env };
    const words = ["login", "--endpoint", cloud.url, "--with-token", "--store", "keyring"];
    const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
    const logIn = async (name: string) => {
      const stdin = cloud.issueToken();
      const { code } = await run([...words, "--context", name], { ...options, stdin });
      return { name, stdin, code };
    };
    const logins = await Promise.all(names.map(logIn));
    const prints = logins.map(async ({ name, stdin, code }) => {
      const { stdout } = await run(["token", "--context", name], { ...options, reveals: "stdout" });
      return { name, code, isToken: stdout === `${stdin}\n` };
    });
    expect(await Promise.all(prints)).toEqual(names.map((name) => ({ name, code: 0, isToken: true })));
    expect(recordsOf(options.home)).toHaveLength(names.length);
    expect(await run(["logout", "--all", "--yes"], options)).toMatchObject({ code: 0 });
    expect({ entries: await entriesIn(env), records: recordsOf(options.home) }).toEqual({
      entries: 0,
      records: [],
    });
  });

  test("`status --all` shows the state of each store, and asks few at a time", async () => {
    const keyring = await startKeyring();
    const cloud = await newCloud();
    const here = home();
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
    writeContexts(
      here,
      names.map((name) => ({ name, endpoint: cloud.url, token: cloud.issueToken() })),
    );
    const options = { home: here, env: keyring.env };
    expect(await run(["context", "store", "--all", "--to", "keyring"], options)).toMatchObject({ code: 0 });
    const { code, stdout } = await run(["status", "--all", "--json"], options);
    const { contexts } = JSON.parse(stdout) as { contexts: { verdict: string; store: { state: string } }[] };
    expect(code).toBe(0);
    expect(new Set(contexts.map(({ verdict, store }) => `${verdict} ${store.state}`))).toEqual(
      new Set(["valid ok"]),
    );
    keyring.lock();
    const locked = await run(["status", "--all", "--json"], options);
    expect(locked.code).toBe(6);
    expect(locked.stdout.match(/"state": "locked"/g)).toHaveLength(40);
  }, 60_000);
});

test("login --token-command: nothing is stored", async () => {
  const cloud = await newCloud();
  const here = home();
  const token = cloud.issueToken();
  const { path } = program("show", `echo ${token}`);
  const words = ["login", "--endpoint", cloud.url, "--token-command", "--", path];
  const login = await run(words, { home: here });
  expect(login).toMatchObject({ code: 0, stdout: "" });
  expect(login.stderr).toContain(`with its API token from the command \`${path}\``);
  expect(filesWith(token, here)).toEqual([]);
  await expectToken(token, { home: here });
  const again = ["login", "--endpoint", cloud.url, "--with-token"];
  expect(await run(again, { home: here, stdin: cloud.issueToken() })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("say where to keep the new one"),
  });
});

test.each<[words: string[], message: string]>([
  [["login", "--store", "vault"], '"vault" is no store: it is file, keyring, helper:NAME or command'],
  [["login", "--store", "helper:../x"], '"helper:../x" is no store'],
  [["login", "--store", "command"], "a command is given as `--token-command -- COMMAND…`"],
  [["login", "--token-command"], "which command prints the API token?"],
  [["login", "--", "pass"], "words after `--` are for --token-command"],
  [
    ["login", "--store", "keyring", "--token-command", "--", "x"],
    "--store and --token-command exclude each other",
  ],
  [["login", "--with-token", "--token-command", "--", "x"], "exclude each other"],
  [["context", "store", "--rotate"], "where to? say it with --to"],
  [["context", "store", "--to", "command"], "which command prints the API token?"],
  [["context", "store", "--to", "file", "--", "x"], "only `command` takes words after `--`"],
  [["context", "store", "x", "--all"], "--all takes no name"],
])("%j is a usage error", async (words, message) => {
  const { code, stdout, stderr } = await run(words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});
