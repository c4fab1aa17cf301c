import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { modeOf } from "../support/posix.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

const listOf = (here: Home) => join(here.bentoml, ".bentocloud/protected.json");
const EXEC = ["exec", "--", "echo", "ran"];

/** `prod`, protected and current, and `dev`. */
async function protectedHome(prod: { endpoint?: string; token?: string } = {}): Promise<Home> {
  const here = home();
  writeContexts(here, [{ name: "prod", ...prod }, { name: "dev" }]);
  expect(await run(["context", "protect", "prod"], { home: here })).toMatchObject({ code: 0, stdout: "" });
  return here;
}

describe("context protect", () => {
  test("confirms it, and keeps the name in a file of our own", async () => {
    const here = home();
    writeContexts(here, [{ name: "prod" }]);
    const before = here.read();
    const first = await run(["context", "protect", "prod"], { home: here });
    expect(first).toMatchObject({ code: 0, stdout: "", stderr: '✓ Protected context "prod"\n' });
    expect(here.read()).toBe(before);
    expect(JSON.parse(readFileSync(listOf(here), "utf8"))).toEqual(["prod"]);
    expect(modeOf(statSync(listOf(here)))).toBe(0o600);
    const again = await run(["context", "protect", "prod", "--json"], { home: here });
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(again.stdout)).toEqual({ name: "prod", protected: true });
  });

  test("of a context that does not exist is NOT_FOUND", async () => {
    const here = home();
    writeContexts(here, [{ name: "prod" }]);
    for (const verb of ["protect", "unprotect"]) {
      const { code, stderr } = await run(["context", verb, "nope"], { home: here });
      expect({ code, stderr }).toMatchObject({ code: 3 });
      expect(stderr).toStartWith('error: there is no context "nope"\n');
    }
    expect(existsSync(listOf(here))).toBe(false);
  });

  test("is shown by list and show", async () => {
    const here = await protectedHome();
    const list = await run(["context", "list"], { home: here });
    expect(list.stdout).toMatch(/prod .* current, active, protected\n/);
    expect((await run(["context", "show"], { home: here })).stdout).toMatch(/^protected +yes$/m);
    const json = await run(["context", "list", "--json"], { home: here });
    expect(JSON.parse(json.stdout).contexts).toMatchObject([{ protected: true }, { protected: false }]);
  });

  test("stays with a context that is renamed", async () => {
    const here = await protectedHome();
    expect((await run(["context", "rename", "prod", "dev"], { home: here })).code).toBe(1);
    expect(JSON.parse(readFileSync(listOf(here), "utf8"))).toEqual(["prod"]);
    expect((await run(["context", "rename", "prod", "live"], { home: here })).code).toBe(0);
    expect((await run(EXEC, { home: here })).code).toBe(2);
  });

  test("ends with `context unprotect`", async () => {
    const here = await protectedHome();
    expect(await run(["context", "unprotect", "prod"], { home: here })).toMatchObject({
      code: 0,
      stderr: '✓ Context "prod" is no longer protected\n',
    });
    expect(await run(EXEC, { home: here })).toMatchObject({ code: 0, stdout: "ran\n" });
    expect((await run(["context", "unprotect", "prod"], { home: here })).stderr).toContain(
      "was not protected",
    );
    expect(JSON.parse(readFileSync(listOf(here), "utf8"))).toEqual([]);
  });

  test("keeps every name when several processes add one at once", async () => {
    const here = home();
    const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
    writeContexts(
      here,
      names.map((name) => ({ name })),
    );
    const runs = await Promise.all(names.map((name) => run(["context", "protect", name], { home: here })));
    expect(runs.map(({ code }) => code)).toEqual(names.map(() => 0));
    expect(JSON.parse(readFileSync(listOf(here), "utf8")).toSorted()).toEqual(names);
  });
});

describe("exec on a protected context", () => {
  test("runs nothing when nobody can be asked, and says which option to pass", async () => {
    const here = await protectedHome();
    expect(await run(EXEC, { home: here })).toMatchObject({
      code: 2,
      stdout: "",
      stderr:
        'error: the context "prod" is protected\n' +
        "hint: pass --yes=prod to run echo with it: `bentocloud exec --yes=prod -- …`\n",
    });
    expect(await run(["exec", "--yes=prod", "--", "echo", "ran"], { home: here })).toMatchObject({
      code: 0,
      stdout: "ran\n",
      stderr: "",
    });
    expect(await run(["exec", "--context", "dev", "--", "echo", "ran"], { home: here })).toMatchObject({
      code: 0,
      stdout: "ran\n",
    });
  });

  test("--yes is valid only for the context it names, protected or not", async () => {
    const here = await protectedHome();
    for (const context of ["prod", "dev"]) {
      const other = context === "prod" ? "dev" : "prod";
      const refused = await run(["exec", "--context", context, `--yes=${other}`, "--", "echo"], {
        home: here,
      });
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toStartWith(
        `error: --yes names "${other}", but the active context is "${context}"; nothing was done\n`,
      );
    }
  });

  test("does not ask for the environment's credential", async () => {
    const here = await protectedHome();
    const env = { BENTO_CLOUD_API_KEY: canary() };
    expect(await run(EXEC, { home: here, env })).toMatchObject({ code: 0, stdout: "ran\n" });
  });

  test("asks for the name before it sends a request", async () => {
    const cloud = await startCloud();
    const here = await protectedHome({ endpoint: cloud.url, token: cloud.issueToken() });
    expect((await run(["exec", "--check", "--", "echo"], { home: here })).code).toBe(2);
    expect(cloud.requests).toEqual([]);
    const checked = await run(["exec", "--check", "--yes=prod", "--", "echo", "ran"], { home: here });
    expect(checked).toMatchObject({ code: 0, stdout: "ran\n" });
  });

  test("on a terminal asks for the name to be typed", async () => {
    const here = await protectedHome();
    const right = openTerminal(EXEC, { home: here, stdout: "pipe" });
    await right.waitFor('"prod" is protected; type its name to run echo with it');
    right.write("prod");
    right.press("enter");
    expect(await right.exit).toMatchObject({ code: 0 });
    expect(right.stdout).toBe("ran\n");

    const wrong = openTerminal(EXEC, { home: here, stdout: "pipe" });
    await wrong.waitFor("type its name");
    wrong.write("yes");
    wrong.press("enter");
    expect(await wrong.exit).toMatchObject({ code: 1 });
    expect(wrong.screen).toContain("error: that is not its name; nothing was done");

    const empty = openTerminal(EXEC, { home: here, stdout: "pipe" });
    await empty.waitFor("type its name");
    empty.press("enter");
    expect(await empty.exit).toMatchObject({ code: 1 });

    const cancelled = openTerminal(EXEC, { home: here, stdout: "pipe" });
    await cancelled.waitFor("type its name");
    cancelled.press("ctrl-c");
    expect(await cancelled.exit).toMatchObject({ code: 130 });
    expect([wrong, empty, cancelled].map(({ stdout }) => stdout)).toEqual(["", "", ""]);
  });

  test("on a terminal, --yes without a name asks nothing and says the command that works", async () => {
    const here = await protectedHome();
    const terminal = openTerminal(["exec", "--yes", "--", "echo", "ran"], { home: here, cols: 200 });
    expect(await terminal.exit).toMatchObject({ code: 2 });
    expect(terminal.screen).toContain("`bentocloud exec --yes=prod -- …`");
  });

  test("stops when the list cannot be read, and says what to do", async () => {
    const here = await protectedHome();
    for (const text of ["", "{}", "[1]", '["prod"']) {
      writeFileSync(listOf(here), text);
      const { code, stdout, stderr } = await run(EXEC, { home: here });
      expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
      expect(stderr).toStartWith(`error: ${listOf(here)} is no list of protected contexts\nhint: remove it`);
    }
    const list = await run(["context", "list"], { home: here });
    expect(list).toMatchObject({ code: 0 });
    expect(list.stderr).toContain("is no list of protected contexts");
  });
});

interface Change {
  args: (cloud: LocalCloud) => string[];
  stdin?: (cloud: LocalCloud) => string;
  cwd?: string;
}

/** Every command of ours that changes something with the active context, or with the login that it is about. */
const CHANGES: [what: string, change: Change][] = [
  ["exec", { args: () => EXEC }],
  ["api -X DELETE", { args: () => ["api", "-X", "DELETE", "/api/v1/api_tokens/x"] }],
  ["api-token delete", { args: () => ["api-token", "delete", "other", "--yes"] }],
  ["api-token rotate", { args: () => ["api-token", "rotate"] }],
  ["api-token rotate of a context with its token", { args: () => ["api-token", "rotate", "twin"] }],
  ["api-token create --login", { args: () => ["api-token", "create", "ci", "--login", "prod", "--force"] }],
  ["logout", { args: () => ["logout"] }],
  ["logout NAME", { args: () => ["logout", "prod", "--yes"] }],
  ["context remove", { args: () => ["context", "remove", "prod"] }],
  ["login", { args: withToken("login"), stdin: (cloud) => cloud.issueToken() }],
  ["login --force", { args: withToken("login", "--force"), stdin: (cloud) => cloud.issueToken() }],
  [
    "login elsewhere",
    { args: withToken("login", "--force", "--context=prod"), stdin: (cloud) => cloud.issueToken() },
  ],
  [
    "cloud login where a project names it",
    {
      args: (cloud) => ["cloud", "login", "--endpoint", cloud.url, "--api-token", cloud.issueToken()],
      cwd: "project",
    },
  ],
];

function withToken(...words: string[]) {
  return (cloud: LocalCloud) => [...words, "--with-token", "--endpoint", cloud.url];
}

describe("a protected context and the commands that change something with it", () => {
  async function prepare({ args, stdin, cwd = "." }: Change) {
    const cloud = await startCloud();
    const here = home();
    const token = cloud.issueToken({ name: "own", createdAt: new Date("2026-01-01T00:00:00Z") });
    cloud.issueToken({ name: "other", createdAt: new Date("2026-02-01T00:00:00Z") });
    writeContexts(here, [
      { name: "prod", endpoint: cloud.url, token },
      { name: "twin", endpoint: cloud.url, token },
    ]);
    writeBelow(here.path, "project/.bentorc", "context=prod\n");
    await run(["context", "protect", "prod"], { home: here });
    const input = stdin?.(cloud) ?? null;
    const words = args(cloud);
    const perform = (...more: string[]) => {
      const end = words.indexOf("--");
      const all = end === -1 ? [...words, ...more] : words.toSpliced(end, 0, ...more);
      return run(all, { home: here, stdin: input, cwd: join(here.path, cwd), reveals: true });
    };
    const tokens = () => cloud.tokens.map(({ name }) => name);
    return { here, perform, tokens, before: { text: here.read(), tokens: tokens() } };
  }

  test.each(CHANGES)("%s is not done unless it is named", async (what, change) => {
    const { here, perform, tokens, before } = await prepare(change);
    const isVerb = what.startsWith("cloud login");
    const refused = await perform();
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain('the context "prod" is protected\nhint: pass --yes=prod to ');
    for (const text of ["[", "", "{}"]) {
      const list = readFileSync(listOf(here), "utf8");
      writeFileSync(listOf(here), text);
      expect(await perform()).toMatchObject({ code: isVerb ? 1 : 6, stdout: "" });
      writeFileSync(listOf(here), list);
    }
    expect({ text: here.read(), tokens: tokens() }).toEqual(before);
    expect((await perform("--yes=nobody")).code).not.toBe(0);
    expect((await perform("--yes=")).code).toBe(2);
    expect(here.read()).toBe(before.text);
    const unnamed = await perform("--yes");
    expect(unnamed).toMatchObject({ code: 2, stdout: "" });
    expect(unnamed.stderr).toMatch(/^hint: pass --yes=prod to .*: `bentocloud .* --yes=prod( …)?( -- …)?`$/m);
    expect({ text: here.read(), tokens: tokens() }).toEqual(before);
    const { code, stderr } = await perform("--yes=prod");
    expect({ code, stderr }).toMatchObject({ code: what.startsWith("api -X") ? 5 : 0 });
  });

  test("logout --all keeps it, unless it is named", async () => {
    const { here, perform } = await prepare({ args: () => ["logout", "--all"] });
    expect((await perform()).code).toBe(2);
    const kept = await perform("--yes");
    expect(kept).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('kept "prod", which is protected'),
    });
    expect(here.read()).toContain(`name: "prod"`);
    expect(here.read()).not.toContain("twin");
    expect((await perform("--yes", "--yes=prod")).code).toBe(0);
    expect(here.read()).toContain("contexts: []\n");
  });
});

describe("api on a protected context", () => {
  test("allows requests that read, and asks before one that changes something", async () => {
    const cloud = await startCloud();
    const here = await protectedHome({ endpoint: cloud.url, token: cloud.issueToken({ name: "own" }) });
    expect((await run(["api", "/api/v1/api_tokens", "-q", ".total"], { home: here })).stdout).toBe("1\n");
    const create = ["api", "/api/v1/api_tokens", "-f", "name=ci", "-f", "scopes[]=api", "-q", ".name"];
    const before = cloud.requests.length;
    for (const words of [create, ["api", "-X", "delete", "/api/v1/api_tokens/x"]]) {
      const refused = await run(words, { home: here });
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toMatch(
        /^error: the context "prod" is protected\nhint: pass --yes=prod to send a /,
      );
    }
    expect(cloud.requests.length).toBe(before);
    expect(await run([...create, "--yes=prod"], { home: here })).toMatchObject({ code: 0, stdout: "ci\n" });
  });

  test("on a terminal asks for the name to be typed", async () => {
    const cloud = await startCloud();
    const here = await protectedHome({ endpoint: cloud.url, token: cloud.issueToken() });
    const terminal = openTerminal(
      ["api", "/api/v1/api_tokens", "-f", "name=ci", "-f", "scopes[]=api", "-q", ".name"],
      { home: here, stdout: "pipe" },
    );
    await terminal.waitFor("type its name to send a POST with it");
    terminal.write("prod");
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.stdout).toBe("ci\n");
  });
});
