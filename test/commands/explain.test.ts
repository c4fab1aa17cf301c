import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

interface Candidate {
  kind: string;
  name: string;
  path: string | null;
  line: number | null;
  value: string | null;
  chosen: boolean;
  reason: string;
}

interface Setting {
  env?: Record<string, string>;
  args?: string[];
  /** The text of the home's `.bentorc`. */
  project?: string;
  /** The text of the contexts file; without it, `prod` (current) and `staging`. */
  file?: string;
}

function settle({ project, file }: Setting): Home {
  const here = home();
  if (file === undefined) writeContexts(here, [{ name: "prod" }, { name: "staging" }]);
  else here.write(file);
  if (project !== undefined) writeBelow(here.path, ".bentorc", project);
  return here;
}

async function explain(setting: Setting, options: { here?: Home; cwd?: string } = {}) {
  const here = options.here ?? settle(setting);
  const { env, args = [] } = setting;
  const cwd = options.cwd ?? here.path;
  const result = await run(["explain", "--json", ...args], { home: here, cwd, ...(env && { env }) });
  const { active, candidates, pins, python } = JSON.parse(result.stdout.replaceAll(here.path, "<home>"));
  return { ...result, here, active, candidates: candidates as Candidate[], pins, python };
}

const CHOOSE = {
  flag: { args: ["--context", "staging"] },
  env_key: { env: { BENTO_CLOUD_API_KEY: canary() } },
  env_context: { env: { BENTOML_CLOUD_CONTEXT: "staging" } },
  project: { project: "context=staging\n" },
  user: {},
} satisfies Record<string, Setting>;

const NAMED: Record<string, string> = {
  flag: "--context",
  env_key: "BENTO_CLOUD_API_KEY",
  env_context: "BENTOML_CLOUD_CONTEXT",
  project: "<home>/.bentorc:1",
};

const KINDS = Object.keys(CHOOSE) as (keyof typeof CHOOSE)[];

describe("explain", () => {
  test("names every candidate in order, with its source and line", async () => {
    const { code, stderr, active, candidates, pins } = await explain({
      project: "# ours\ncontext=staging\n",
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(active).toEqual({
      name: "staging",
      source: { kind: "project", name: "context", path: "<home>/.bentorc", line: 2 },
      endpoint: "https://staging.test",
      token_masked: expect.stringMatching(/^\*{4}\w{4}$/),
      email: null,
      organization: null,
      usable: true,
      reason: null,
    });
    const unplaced = { path: null, line: null, value: null, chosen: false };
    expect(candidates).toEqual([
      { kind: "flag", name: "--context", ...unplaced, reason: "not given" },
      { kind: "env_key", name: "BENTO_CLOUD_API_KEY", ...unplaced, reason: "not set" },
      { kind: "env_context", name: "BENTOML_CLOUD_CONTEXT", ...unplaced, reason: "not set" },
      {
        kind: "project",
        name: "context",
        path: "<home>/.bentorc",
        line: 2,
        value: "staging",
        chosen: true,
        reason: "the first that chooses",
      },
      {
        kind: "user",
        name: "current_context_name",
        path: "<home>/bentoml/.yatai.yaml",
        line: 10,
        value: "prod",
        chosen: false,
        reason: "overridden by <home>/.bentorc:2",
      },
    ]);
    expect(pins).toEqual([]);
  });

  test.each(
    KINDS.flatMap((winner, index) => KINDS.slice(index + 1).map((loser) => [winner, loser] as const)),
  )("says that %s beats %s", async (winner, loser) => {
    const [first, second]: Setting[] = [CHOOSE[winner], CHOOSE[loser]];
    const { active, candidates } = await explain({
      ...first,
      ...second,
      env: { ...first?.env, ...second?.env },
    });
    expect(active.source.kind).toBe(winner);
    expect(candidates.filter(({ chosen }) => chosen).map(({ kind }) => kind)).toEqual([winner]);
    const beaten = candidates.find(({ kind }) => kind === loser);
    expect(beaten?.reason).toStartWith(`overridden by ${NAMED[winner]}`);
  });

  test("tells what is set but empty from what is not set", async () => {
    const { candidates, stderr } = await explain({
      env: { BENTO_CLOUD_API_KEY: "", BENTOML_CLOUD_CONTEXT: " " },
    });
    expect(candidates.slice(1, 3).map(({ reason }) => reason)).toEqual(["set but empty", "set but empty"]);
    expect(stderr).toContain("BENTO_CLOUD_API_KEY is set but empty");
  });

  test("shows of the environment's key what may be shown, and where its endpoint comes from", async () => {
    const key = canary();
    const env = { BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: "https://environment.test" };
    const { active, candidates } = await explain({ env });
    expect(active).toMatchObject({ name: "__env__", endpoint: "https://environment.test" });
    expect(candidates[1]).toMatchObject({
      value: `****${key.slice(-4)}`,
      reason: "with BENTO_CLOUD_API_ENDPOINT",
    });
    const alone = await explain({ env: { BENTO_CLOUD_API_KEY: key } });
    expect(alone.candidates[1]?.reason).toBe("with the default endpoint");
    const keyless = await explain({ env: { BENTO_CLOUD_API_ENDPOINT: "https://environment.test" } });
    expect(keyless.candidates[1]?.reason).toBe("not set; BENTO_CLOUD_API_ENDPOINT alone chooses nothing");
  });

  test("does not repeat a token that was put in a name's place", async () => {
    const token = canary();
    const { active, candidates } = await explain({ env: { BENTOML_CLOUD_CONTEXT: token } });
    expect(candidates[2]).toMatchObject({
      value: `****${token.slice(-4)}`,
      reason: "names no stored context",
    });
    expect(active.name).toBe(`****${token.slice(-4)}`);
  });

  test("shows the projects that are skipped, and why", async () => {
    const here = settle({ project: "context=staging\n" });
    const [one, two, three] = ["a", "a/b", "a/b/c"].map((path) => join(here.path, path));
    mkdirSync(three!, { recursive: true });
    mkdirSync(join(three!, ".bentorc"));
    symlinkSync("/dev/null", join(two!, ".bentorc"));
    writeBelow(one!, ".bentorc", `context=prod\n#${" ".repeat(65_536)}\n`);
    const { candidates } = await explain({}, { here, cwd: three! });
    const projects = candidates.filter(({ kind }) => kind === "project");
    expect(projects.map(({ path, line, chosen, reason }) => [path, line, chosen, reason])).toEqual([
      ["<home>/a/b/c/.bentorc", null, false, "skipped: it is not a regular file"],
      ["<home>/a/b/.bentorc", null, false, "skipped: it is not a regular file"],
      ["<home>/a/.bentorc", null, false, "skipped: it is larger than 64 KiB"],
      ["<home>/.bentorc", 1, true, "the first that chooses"],
    ]);
  });

  test("says so when the nearest project names no context, and looks no further", async () => {
    const here = settle({ project: "context=staging\n" });
    writeBelow(here.path, "inner/.bentorc", "organization=acme\n");
    const { active, candidates } = await explain({}, { here, cwd: join(here.path, "inner") });
    expect(active.name).toBe("prod");
    expect(candidates[3]).toMatchObject({ path: "<home>/inner/.bentorc", reason: "names no context" });
  });

  test("holds the pins against what is known, without asking", async () => {
    const here = home();
    const mine = { name: "mine", endpoint: cloud.url, token: cloud.issueToken() };
    writeContexts(here, [{ name: "other" }, mine], "mine");
    writeBelow(here.path, ".bentorc", `endpoint=${cloud.url}/\n\norganization=acme\n`);
    const before = cloud.requests.length;
    const path = "<home>/.bentorc";
    const unknown = await explain({}, { here });
    expect(unknown).toMatchObject({ code: 0, pins: [{ matches: true }, { matches: null }] });
    const other = await explain({ args: ["--context", "other"] }, { here });
    expect(other).toMatchObject({ code: 4, active: { name: "other", usable: false } });
    expect(other.active.reason).toContain(".bentorc:1 pins the endpoint");
    expect(other.pins).toEqual([
      { what: "endpoint", path, line: 1, value: `${cloud.url}/`, matches: false },
      { what: "organization", path, line: 3, value: "acme", matches: null },
    ]);
    expect(cloud.requests).toHaveLength(before);
    await run(["token"], { home: here, reveals: true });
    expect((await explain({}, { here })).pins[1]).toMatchObject({ matches: true });
    writeBelow(here.path, ".bentorc", "organization=rivals\n");
    expect(await explain({}, { here })).toMatchObject({
      code: 4,
      pins: [{ what: "organization", matches: false }],
    });
  });

  const TROUBLES: [what: string, setting: Setting, reasons: Partial<Record<string, string | RegExp>>][] = [
    ["nothing", {}, {}],
    ["no file", { file: "contexts: []\n" }, { user: "names no stored context, not set" }],
    ["a --context that is nowhere", { args: ["--context", "nope"] }, { flag: "names no stored context" }],
    [
      "a variable that is nowhere",
      { env: { BENTOML_CLOUD_CONTEXT: "nope" } },
      { env_context: "names no stored context" },
    ],
    ["a project that is nowhere", { project: "context=nope\n" }, { project: "names no stored context" }],
    [
      "a loser that is nowhere",
      { project: "context=nope\n", args: ["--context", "prod"] },
      { project: "overridden by --context, names no stored context" },
    ],
    [
      "a project with a credential",
      { project: "\ntoken=x\n" },
      { project: /:2 holds a credential$/, user: /^unused/ },
    ],
    [
      "a key that is none",
      { env: { BENTO_CLOUD_API_KEY: "two words" } },
      { env_key: /^the API token from/, user: /^unused/ },
    ],
    [
      "a key that is none and loses",
      { env: { BENTO_CLOUD_API_KEY: "two words" }, args: ["--context", "prod"] },
      { env_key: /^overridden by --context, the API token from/ },
    ],
    [
      "an endpoint that is none",
      { env: { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "ftp://x" } },
      { env_key: /^BENTO_CLOUD_API_ENDPOINT: / },
    ],
    [
      "a pin that does not match",
      { project: "endpoint=https://else.test\n" },
      { project: "names no context" },
    ],
    ["a broken file", { file: "contexts: [\n" }, { user: /line 2, column 1$/ }],
    [
      "a broken file, and a --context",
      { file: "contexts: [\n", args: ["--context", "prod"] },
      { user: /^overridden by .*line 2/ },
    ],
    [
      "a context without a token",
      { file: "contexts:\n- name: a\n  endpoint: https://a.test\ncurrent_context_name: a\n" },
      {},
    ],
    [
      "a home that refers to itself",
      { env: { BENTOML_HOME: "a$BENTOML_HOME" } },
      { user: "BENTOML_HOME refers to itself" },
    ],
  ];

  test.each(TROUBLES)(
    "with %s, tells all of it and ends as `status --offline` does",
    async (_what, setting, reasons) => {
      const here = settle(setting);
      const { args = [], env = {} } = setting;
      const before = here.tree();
      const explained = await explain(setting, { here });
      const status = await run(["status", "--offline", ...args], { home: here, env });
      expect(explained.code).toBe(status.code);
      expect(explained.active.usable).toBe(status.code === 0);
      expect(explained.active.reason === null).toBe(status.code === 0);
      expect(explained.candidates.map(({ kind }) => kind)).toEqual(KINDS);
      for (const [kind, reason] of Object.entries(reasons)) {
        const candidate = explained.candidates.find((one) => one.kind === kind);
        expect(candidate?.reason).toEqual(
          typeof reason === "string" ? reason : expect.stringMatching(reason!),
        );
      }
      expect(here.tree()).toEqual(before);
    },
  );

  test("reads well", async () => {
    const here = home();
    writeContexts(here, [
      { name: "prod", token: "abcdefghijklm3k2g" },
      { name: "staging", token: "abcdefghijklm5h1d" },
    ]);
    writeBelow(here.path, ".bentorc", "context=staging\nendpoint=https://staging.test\n");
    const { code, stdout, stderr } = await run(["explain"], { home: here });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "hint: `bentocloud exec -- bentoml …` runs it with the active context\n",
    });
    expect(stdout.replaceAll(here.path, "/home/ada").replaceAll(/ {2,}/g, "  ")).toMatchSnapshot();
    const rows = stdout.split("\n\n")[1]!.split("\n");
    for (const heading of ["FROM", "VALUE", "WHERE", "WHY"]) {
      const column = rows[0]!.indexOf(heading);
      expect(rows.map((row) => row.slice(column - 2, column + 1))).toEqual(
        rows.map(() => expect.stringMatching(/^ {2}\S$/)),
      );
    }
  });

  test("gives no advice on Python where nothing can be used here", async () => {
    const { stderr } = await run(["explain", "--context", "nope"], { home: settle({}) });
    expect(stderr).toBe("hint: `bentocloud context list` shows the contexts\n");
  });

  test("gives none either where Python would use nothing it is told", async () => {
    const setting = { env: { BENTO_CLOUD_API_KEY: canary() }, file: "contexts: [\n" };
    const { code, stderr, python } = await explain(setting);
    expect({ code, python }).toMatchObject({
      code: 0,
      python: { name: null, differs: true, reason: expect.stringMatching(/^it fails: /) },
    });
    const { stderr: said } = await run(["explain"], { home: settle(setting), env: setting.env });
    expect({ stderr, said }).toEqual({ stderr: "", said: "" });
  });

  test("stays narrow, however long the values of a project's file are", async () => {
    const [name, pin] = ["n".repeat(3000), "p".repeat(3000)];
    const project = `context=${name}\norganization=${pin}\n`;
    const { stdout } = await run(["explain"], { home: settle({ project }) });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(500);
    const { candidates, pins } = await explain({ project });
    expect(candidates.find(({ kind }) => kind === "project")!.value).toBe(name);
    expect(pins).toMatchObject([{ value: pin }]);
  });
});
