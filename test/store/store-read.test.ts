import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { home, run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const READERS = [
  "status --offline",
  "status",
  "context list",
  "context current",
  "context show",
  "token",
  "current-context",
  "list-context",
];

function signIn(here: Home) {
  const args = ["login", "--with-token", "--endpoint", cloud.url];
  return run(args, { home: here, stdin: cloud.issueToken() });
}

const good = (name: string) =>
  `- api_token: ${canary()}\n  email: null\n  endpoint: https://cloud.test\n  name: ${name}\n`;

describe("reading", () => {
  test.each(READERS)("never creates anything: %s", async (line) => {
    const here = home();
    await run(line.split(" "), { home: here });
    expect(here.tree()).toEqual([]);
  });

  test.each(READERS)("never writes: %s", async (line) => {
    const here = home();
    const text = `contexts:\n${good("a")}current_context_name: a\n`.replace("https://cloud.test", cloud.url);
    here.write(text, 0o644);
    const before = here.tree();
    expect((await run(line.split(" "), { home: here, reveals: true })).stdout).not.toBe("");
    expect({ text: here.read(), tree: here.tree() }).toEqual({ text, tree: before });
  });

  test("with a key in the environment needs no file, and not even a home", async () => {
    const here = home();
    here.write("{ broken");
    const env = { BENTO_CLOUD_API_KEY: cloud.issueToken(), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    expect((await run(["whoami"], { home: here, env })).code).toBe(0);
    expect((await run(["whoami"], { home: here, env: { ...env, HOME: "/nonexistent" } })).code).toBe(0);
    expect(here.read()).toBe("{ broken");
  });
});

describe("a file that cannot be read is reported with line and column, exit 6, and never replaced", () => {
  const entry = good("a");
  test.each([
    ["empty", "", "line 1, column 1"],
    ["of comments alone", "# nothing\n\n", "line"],
    ["cut in the middle", `contexts:\n${entry}- api_token: "cut`, "line 6"],
    [
      "of two interleaved writes",
      `contexts: []\ncurrent_context_name: default\n\n  email: e@example.test\n`,
      "line 2",
    ],
    ["indented with tabs", "contexts:\n\t- name: a\n", "line 2, column 1"],
    ["with a custom tag", "contexts: !!python/object:os.system x\n", "line 1, column"],
    ["of two documents", `contexts: []\n---\ncontexts: []\n`, "line 2"],
    ["a list", "- a\n- b\n", "line 1, column 1"],
    ["a number", "5\n", "line 1, column 1"],
    ["with no list of contexts", "contexts:\n  a: 1\n", "line 1, column 1"],
    ["with a word for a context", `contexts:\n${entry}- word\n`, "line 6, column 3"],
    ["with a control character", `contexts:\n- name: "a\u0001"\n`, "line 2"],
  ])("%s", async (_name, text, place) => {
    const here = home();
    here.write(text);
    for (const args of [["token"], ["status", "--offline"], ["use", "a"], ["logout", "--all"]]) {
      const { code, stdout, stderr } = await run([...args, "--json"], { home: here });
      const { error } = JSON.parse(stderr);
      expect({ args, code, stdout, error: error.code }).toEqual({
        args,
        code: 6,
        stdout: "",
        error: "CORRUPT",
      });
      expect(error.message).toStartWith(`${here.file} cannot be read: `);
      expect(error.message).toContain(place);
      expect(error.hint).toBe("correct it, or let `bentocloud doctor --fix` put it aside to start anew");
    }
    const requests = cloud.requests.length;
    expect((await signIn(here)).code).toBe(6);
    expect(cloud.requests.length).toBe(requests);
    expect({ text: here.read(), tree: here.tree() }).toEqual({
      text,
      tree: ["bentoml/ 0755", "bentoml/.yatai.yaml 0600"],
    });
  });

  test("names the last whole version where there is one", async () => {
    const here = home();
    for (const _ of [1, 2]) expect((await signIn(here)).code).toBe(0);
    const whole = here.read();
    here.write("contexts: {");
    const { stderr } = await run(["token"], { home: here });
    const [, id = ""] = /`bentocloud restore (\w+)` puts it aside/.exec(stderr) ?? [];
    expect((await run(["restore", id], { home: here })).code).toBe(0);
    expect(here.read()).toBe(whole);
  });

  test.each([
    ["latin-1", Buffer.from("contexts: []\n# caf\u00E9\n", "latin1"), "line 2, column 6"],
    ["UTF-16", Buffer.from("\uFEFFcontexts: []\n", "utf16le"), "line 1, column 1"],
  ])("not UTF-8 but %s", async (_name, bytes, place) => {
    const here = home();
    mkdirSync(here.bentoml);
    writeFileSync(here.file, bytes);
    const { code, stderr } = await run(["token"], { home: here });
    expect(code).toBe(6);
    expect(stderr).toContain(`${here.file} cannot be read: it is not UTF-8 text at ${place}`);
    expect((await signIn(here)).code).toBe(6);
  });
});

describe("something else in the file's place is an error, exit 6, that does not hang", () => {
  const socket = createServer();
  afterAll(() => socket.close());

  test.each([
    ["a directory", (here: Home) => mkdirSync(here.file, { recursive: true })],
    [
      "a FIFO",
      (here: Home) => {
        mkdirSync(here.bentoml);
        Bun.spawnSync(["mkfifo", here.file]);
      },
    ],
    [
      "a socket",
      async (here: Home) => {
        mkdirSync(here.bentoml);
        await new Promise<void>((resolve) => socket.listen(here.file, resolve));
      },
    ],
  ])("%s", async (_name, make) => {
    const here = home();
    await make(here);
    const before = here.tree();
    for (const result of [await run(["token"], { home: here }), await signIn(here)]) {
      expect(result).toMatchObject({ code: 6, stdout: "" });
      expect(result.stderr).toContain(`error: cannot read ${here.file}: it is not a regular file`);
    }
    expect(here.tree()).toEqual(before);
  });
});

describe("one bad entry does not stop the others", () => {
  const withBad = (bad: string) => `contexts:\n${bad}${good("ok")}current_context_name: ok\n`;

  test.each([
    ["without a token", "- name: bad\n  endpoint: https://cloud.test\n"],
    ["without an endpoint", `- name: bad\n  api_token: ${canary()}\n`],
    ["without a name", `- endpoint: https://cloud.test\n  api_token: ${canary()}\n`],
    ["with a null token", "- name: bad\n  endpoint: https://cloud.test\n  api_token: null\n"],
    ["with an empty token", "- name: bad\n  endpoint: https://cloud.test\n  api_token: ''\n"],
    ["with a list for a token", "- name: bad\n  endpoint: https://cloud.test\n  api_token: [1, 2]\n"],
  ])("%s", async (_name, bad) => {
    const here = home();
    here.write(withBad(bad));
    expect((await run(["token"], { home: here, reveals: true })).stdout).toMatch(/^canari\w{14}\n$/);
    expect((await run(["use", "ok"], { home: here })).code).toBe(0);
    expect((await run(["context", "rename", "ok", "fine"], { home: here })).code).toBe(0);
    expect(here.read()).toContain("name: fine");
    expect(here.read()).toContain(bad);
  });

  test("the one without a token is an error of its own", async () => {
    const here = home();
    here.write(withBad("- name: bad\n  endpoint: https://cloud.test\n"));
    const { code, stderr } = await run(["token", "--context", "bad"], { home: here });
    expect(code).toBe(4);
    expect(stderr).toContain(
      'error: the context "bad" has no API token\nhint: bentocloud login --context bad\n',
    );
  });

  test("current_context_name: __env__ stops neither --context nor a new login", async () => {
    const here = home();
    here.write(`contexts:\n${good("ok")}current_context_name: __env__\n`);
    expect((await run(["token"], { home: here })).code).toBe(4);
    expect((await run(["token", "--context", "ok"], { home: here, reveals: true })).code).toBe(0);
    expect((await run(["context", "list"], { home: here })).code).toBe(0);
    expect((await signIn(here)).code).toBe(0);
    expect(here.read()).toContain("current_context_name: default\n");
    expect(here.read()).not.toContain("name: __env__");
  });
});
