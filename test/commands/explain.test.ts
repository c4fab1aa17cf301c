import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { namePath } from "../support/posix.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

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
  const { active, candidates, pins, python } = JSON.parse(namePath(result.stdout, here.path, "<home>"));
  return { ...result, here, active, candidates: candidates as Candidate[], pins, python };
}

const KINDS = ["flag", "env_key", "env_context", "project", "user"];

describe("explain", () => {
  test("lists every candidate in order of precedence, with its source and line", async () => {
    const { code, stderr, active, candidates, pins } = await explain({
      project: "# our\ncontext=staging\n",
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(active).toEqual({
      name: "staging",
      source: { kind: "project", name: "context", path: "<home>/.bentorc", line: 2 },
      endpoint: "https://staging.test",
      token_masked: expect.stringMatching(/^\*{4}[^*]{4}$/),
      email: null,
      organization: null,
      usable: true,
      reason: null,
    });
    const inNoFile = { path: null, line: null, value: null, chosen: false };
    expect(candidates).toEqual([
      { kind: "flag", name: "--context", ...inNoFile, reason: "not given" },
      { kind: "env_key", name: "BENTO_CLOUD_API_KEY", ...inNoFile, reason: "not set" },
      { kind: "env_context", name: "BENTOML_CLOUD_CONTEXT", ...inNoFile, reason: "not set" },
      {
        kind: "project",
        name: "context",
        path: "<home>/.bentorc",
        line: 2,
        value: "staging",
        chosen: true,
        reason: "used: the first one that is set",
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

  test("distinguishes a variable that is set but empty from one that is not set", async () => {
    const env = { BENTO_CLOUD_API_KEY: "", BENTOML_CLOUD_CONTEXT: " " };
    const { candidates, stderr } = await explain({ env });
    expect(candidates.slice(1, 3).map(({ reason }) => reason)).toEqual(["set but empty", "set but empty"]);
    expect(stderr).toContain("BENTO_CLOUD_API_KEY is set but empty");
  });

  test("masks the environment's key, and says where its endpoint comes from", async () => {
    const key = canary();
    const env = { BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: "https://environment.test" };
    const { active, candidates } = await explain({ env });
    expect(active).toMatchObject({ name: "__env__", endpoint: "https://environment.test" });
    const reason = "with BENTO_CLOUD_API_ENDPOINT";
    expect(candidates[1]).toMatchObject({ value: `****${key.slice(-4)}`, reason });
    const alone = await explain({ env: { BENTO_CLOUD_API_KEY: key } });
    expect(alone.candidates[1]?.reason).toBe("with the default endpoint");
    const keyless = await explain({ env: { BENTO_CLOUD_API_ENDPOINT: "https://environment.test" } });
    expect(keyless.candidates[1]?.reason).toBe("not set; BENTO_CLOUD_API_ENDPOINT alone chooses nothing");
  });

  test("masks a token that was given as a name", async () => {
    const token = canary();
    const { active, candidates } = await explain({ env: { BENTOML_CLOUD_CONTEXT: token } });
    const reason = "names no stored context";
    expect(candidates[2]).toMatchObject({ value: `****${token.slice(-4)}`, reason });
    expect(active.name).toBe(`****${token.slice(-4)}`);
  });

  test("lists the .bentorc files that are skipped, and why", async () => {
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
      ["<home>/.bentorc", 1, true, "used: the first one that is set"],
    ]);
  });

  test("stops at the nearest .bentorc, also when it names no context", async () => {
    const here = settle({ project: "context=staging\n" });
    writeBelow(here.path, "inner/.bentorc", "organization=acme\n");
    const { active, candidates } = await explain({}, { here, cwd: join(here.path, "inner") });
    expect(active.name).toBe("prod");
    expect(candidates[3]).toMatchObject({ path: "<home>/inner/.bentorc", reason: "names no context" });
  });

  test("compares the pins with what is known, and sends no request", async () => {
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
    const pins = [{ what: "organization", matches: false }];
    expect(await explain({}, { here })).toMatchObject({ code: 4, pins });
  });

  const NOWHERE = "names no stored context";
  const PROBLEMS: [what: string, setting: Setting, reasons: Partial<Record<string, string | RegExp>>][] = [
    ["nothing", {}, {}],
    ["no file", { file: "contexts: []\n" }, { user: "names no stored context, not set" }],
    ["a --context that is nowhere", { args: ["--context", "nope"] }, { flag: NOWHERE }],
    ["a variable that is nowhere", { env: { BENTOML_CLOUD_CONTEXT: "nope" } }, { env_context: NOWHERE }],
    ["a project that is nowhere", { project: "context=nope\n" }, { project: NOWHERE }],
    [
      "a loser that is nowhere",
      { project: "context=nope\n", args: ["--context", "prod"] },
      { project: "overridden by --context, names no stored context" },
    ],
    ["a credential", { project: "\ntoken=x\n" }, { project: /:2 holds a credential$/, user: /^not used/ }],
    [
      "a key that is none",
      { env: { BENTO_CLOUD_API_KEY: "two words" } },
      { env_key: /^the API token from/, user: "overridden by BENTO_CLOUD_API_KEY" },
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
    ["a pin that differs", { project: "endpoint=https://else.test\n" }, { project: "names no context" }],
    ["a broken file", { file: "contexts: [\n" }, { user: /line 1, column 11$/ }],
    [
      "a broken file, and a --context",
      { file: "contexts: [\n", args: ["--context", "prod"] },
      { flag: "not used, because another source is an error", user: /line 1, column 11$/ },
    ],
    ["no token", { file: "contexts:\n- {name: a, endpoint: https://a.test}\ncurrent_context_name: a\n" }, {}],
    [
      "a home in a circle",
      { env: { BENTOML_HOME: "a$BENTOML_HOME" } },
      { user: "BENTOML_HOME refers to itself" },
    ],
  ];

  test.each(PROBLEMS)(
    "with %s: lists every candidate, and has the exit code of `status --offline`",
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
        if (typeof reason === "string") expect(candidate?.reason).toBe(reason);
        else expect(candidate?.reason).toMatch(reason!);
      }
      expect(here.tree()).toEqual(before);
    },
  );

  test("as text, aligns its columns", async () => {
    const here = home();
    writeContexts(here, [
      { name: "prod", token: "q7z1w9x5v3b8n3k2g" },
      { name: "staging", token: "q7z1w9x5v3b8n5h1d" },
    ]);
    writeBelow(here.path, ".bentorc", "context=staging\nendpoint=https://staging.test\n");
    const { code, stdout, stderr } = await run(["explain"], { home: here, keepsTilde: true });
    expect(stderr).toBe("hint: `bentocloud exec -- bentoml …` runs it with the active context\n");
    expect(code).toBe(0);
    expect(namePath(stdout, "~", "/home/ada").replaceAll(/ {2,}/g, "  ")).toMatchSnapshot();
    const rows = stdout.split("\n\n")[1]!.split("\n");
    for (const heading of ["FROM", "VALUE", "WHERE", "WHY"]) {
      const column = rows[0]!.indexOf(heading);
      expect(rows.map((row) => row.slice(column - 2, column + 1))).toEqual(
        rows.map(() => expect.stringMatching(/^ {2}\S$/)),
      );
    }
  });

  test("does not recommend `exec` where nothing can be used", async () => {
    const { stderr } = await run(["explain", "--context", "nope"], { home: settle({}) });
    expect(stderr).toBe("hint: `bentocloud context list` shows the contexts\n");
  });

  test("does not recommend `exec` where Python may refuse the file", async () => {
    const entry = "- endpoint: https://x.test\n  name: x\n";
    const file = `contexts:\n${entry}- api_token: ${canary()}\n  endpoint: https://y.test\n  name: y\n`;
    const setting = { file, args: ["--context", "y"] };
    const { code, python } = await explain(setting);
    expect({ code, python }).toMatchObject({
      code: 0,
      python: { differs: true, reason: expect.stringContaining("Python may refuse the file: line 2: ") },
    });
    expect(await run(["explain", ...setting.args], { home: settle(setting) })).toMatchObject({ stderr: "" });
  });

  test("cuts long values of a .bentorc in the table, and not in JSON", async () => {
    const [name, pin] = ["n".repeat(3000), "p".repeat(3000)];
    const project = `context=${name}\norganization=${pin}\n`;
    const { stdout } = await run(["explain"], { home: settle({ project }) });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(500);
    const { candidates, pins } = await explain({ project });
    expect(candidates.find(({ kind }) => kind === "project")!.value).toBe(name);
    expect(pins).toMatchObject([{ value: pin }]);
  });
});
