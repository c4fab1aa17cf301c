import { describe, expect, test } from "bun:test";
import { writeBelow } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

const GOOD = canary();

const entry = (name: string, endpoint: string, token: string, comment = "") =>
  `- api_token: ${token}\n  email: null\n  endpoint: ${endpoint}\n  name: ${name}${comment}\n`;

/** A file in which `bad` is left out for an endpoint that Python reads as 1.1, and `good` works. */
function spoilt({ current = "good", comment = "" } = {}) {
  const here = home();
  here.write(
    `contexts:\n${entry("bad", "1.10", canary(), comment)}${entry("good", "https://good.test", GOOD, comment)}current_context_name: ${current}\n`,
  );
  return here;
}

describe("a context whose entry cannot be read as it is written", () => {
  const asked: [how: string, args: string[], env?: Record<string, string>][] = [
    ["--context", ["--context", "bad", "token"]],
    ["BENTOML_CLOUD_CONTEXT", ["token"], { BENTOML_CLOUD_CONTEXT: "bad" }],
    ["use", ["use", "bad"]],
    ["context show", ["context", "show", "bad"]],
    ["context rename", ["context", "rename", "bad", "better"]],
    ["a rename to its name", ["context", "rename", "good", "bad"]],
    ["logout", ["logout", "bad"]],
    [
      "a login, before it asks for a token",
      ["login", "--context", "bad", "--web", "--no-browser", "--endpoint", "https://127.0.0.1:9"],
    ],
  ];

  test.each(asked)("is an error with the line and what to do, for %s", async (_how, args, env = {}) => {
    const here = spoilt();
    const before = here.read();
    expect(await run(args, { home: here, env })).toMatchObject({
      code: 6,
      stdout: "",
      stderr: expect.stringMatching(
        /^error: .*:4: context "bad" is left out: its endpoint is .*; quote it\n/,
      ),
    });
    expect(here.read()).toBe(before);
  });

  test("is such an error when a project asks for it, and when it is current", async () => {
    const here = spoilt();
    writeBelow(here.path, ".bentorc", "context=bad\n");
    for (const one of [here, spoilt({ current: "bad" })])
      expect(await run(["status", "--offline"], { home: one })).toMatchObject({
        code: 6,
        stderr: expect.stringContaining(':4: context "bad" is left out'),
      });
  });

  test.each([
    ["that is left out", "bad", 6, 'context "bad" is left out: its endpoint is '],
    ["of the environment's credential", "__env__", 2, "this cannot name a context: __env__ stands for"],
  ])(
    "`api-token create --login` with a name %s fails before a token is made",
    async (_what, name, code, words) => {
      const here = spoilt();
      const text = here.read().replace("https://good.test", cloud.url).replace(GOOD, cloud.issueToken());
      here.write(text.replace("current_", `${entry("__env__", "https://stored.test", canary())}current_`));
      const before = { text: here.read(), tokens: cloud.tokens.length };
      const stderr = expect.stringContaining(words);
      const result = await run(["api-token", "create", "new", "--login", name], { home: here });
      expect(result).toMatchObject({ code, stdout: "", stderr });
      expect({ text: here.read(), tokens: cloud.tokens.length }).toEqual(before);
    },
  );

  test("is named by `status --all` with its line, beside the verdicts of the others, exit 6", async () => {
    const here = spoilt({ current: "bad" });
    const message = expect.stringMatching(/^context "bad" is left out: its endpoint is .*; quote it$/);
    const json = await run(["status", "--all", "--offline", "--json"], { home: here });
    expect({ code: json.code, ...JSON.parse(json.stdout) }).toEqual({
      code: 6,
      contexts: [expect.objectContaining({ name: "good", verdict: "unchecked" })],
      problems: [{ line: 4, message }],
    });
    const { code, stdout, stderr } = await run(["status", "--all", "--offline"], { home: here });
    expect({ code, rows: stdout.split("\n").length }).toEqual({ code: 6, rows: 3 });
    expect(stderr).toMatch(/^warning: .*:4: context "bad" is left out: its endpoint is .*; quote it\n$/);
  });

  test("keeps no other from being used, renamed and removed, and stays as it is", async () => {
    const here = spoilt({ comment: " # [mine]" });
    expect((await run(["token"], { home: here, reveals: true })).stdout).toBe(`${GOOD}\n`);
    const bad = here.read().slice(0, here.read().indexOf("- api_token", 12));
    for (const args of [
      ["context", "rename", "good", "fine"],
      ["use", "fine"],
      ["logout", "fine"],
    ])
      expect((await run(args, { home: here })).code).toBe(0);
    expect(here.read()).toBe(`${bad}current_context_name: fine\n`);
  });

  test("is not what another program removed", async () => {
    const here = spoilt();
    const text = here.read();
    here.write(text.replace("1.10", "'1.10'"));
    await run(["use", "bad"], { home: here });
    here.write(text);
    expect((await run(["token"], { home: here, reveals: true })).stderr).toBe("");
  });
});

test("an entry without a name is in the hint when the active context is missing", async () => {
  const here = home();
  here.write(`contexts:\n- endpoint: https://a.test\n  api_token: ${canary()}\ncurrent_context_name: a\n`);
  const { stderr } = await run(["status"], { home: here });
  expect(stderr).toBe(`hint: correct ${here.file}:2: an entry is left out: its name is missing; add it\n`);
});

test("a current name that cannot be read is an error, and not the default one, until another is chosen", async () => {
  const here = spoilt({ current: "no" });
  here.write(here.read().replace("name: good", "name: default"));
  const stderr = expect.stringMatching(/:10: the current context is unknown: its name .*; quote it\n/);
  expect(await run(["token"], { home: here })).toMatchObject({ code: 6, stdout: "", stderr });
  expect((await run(["use", "default"], { home: here })).code).toBe(0);
  expect((await run(["token"], { home: here, reveals: true })).stdout).toBe(`${GOOD}\n`);
});

test.each([
  ["login", ["login", "--with-token", "--context", "new"]],
  ["api-token create --login", ["api-token", "create", "new", "--login", "new"]],
  ["api-token rotate", ["api-token", "rotate", "only"]],
])(
  "a file in which a login cannot be saved stops `%s` before a token is sent or made",
  async (what, args) => {
    const here = home();
    const token = cloud.issueToken();
    const list = `[{name: only, endpoint: "${cloud.url}", api_token: ${token}}]`;
    here.write(`<<: {contexts: ${list}}\ncurrent_context_name: only\n`);
    const before = { text: here.read(), tokens: cloud.tokens.length };
    const asked = cloud.requests.length;
    const options = { home: here, stdin: what === "login" ? cloud.issueToken() : null };
    const endpoint = what === "login" ? ["--endpoint", cloud.url] : [];
    const { code, stdout, stderr } = await run([...args, ...endpoint], options);
    expect({ code, stdout, stderr }).toEqual({
      code: 6,
      stdout: "",
      stderr: expect.stringMatching(
        /^error: the list of contexts comes from a merge .* at line 1, column 1\n$/,
      ),
    });
    if (what === "login") expect(cloud.requests.length).toBe(asked);
    else expect({ text: here.read(), tokens: cloud.tokens.length }).toEqual(before);
  },
);
