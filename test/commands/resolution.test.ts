import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { namePath } from "../support/posix.ts";

sweepCanaries();

/** Every layer with the name of its own context; which of them are present is the test's choice. */
const LAYERS = ["flag", "env_key", "env_context", "project", "user"] as const;
type Layer = (typeof LAYERS)[number];

const NAMES: Record<Layer, string> = {
  flag: "by-flag",
  env_key: "__env__",
  env_context: "by-variable",
  project: "by-project",
  user: "by-user",
};

const SOURCES: Record<string, string> = {
  flag: "--context",
  env_key: "BENTO_CLOUD_API_KEY",
  env_context: "BENTOML_CLOUD_CONTEXT",
  project: "<home>/.bentorc:1",
};

async function runWith(present: readonly Layer[], command = ["status", "--offline", "--json"]) {
  const here = home();
  writeContexts(
    here,
    ["by-flag", "by-variable", "by-project", "by-user"].map((name) => ({ name })),
    present.includes("user") ? "by-user" : "nobody",
  );
  if (present.includes("project")) writeBelow(here.path, ".bentorc", "context=by-project\n");
  const env = {
    ...(present.includes("env_key") && {
      BENTO_CLOUD_API_KEY: canary(),
      BENTO_CLOUD_API_ENDPOINT: "https://environment.test",
    }),
    ...(present.includes("env_context") && { BENTOML_CLOUD_CONTEXT: "by-variable" }),
  };
  const flags = present.includes("flag") ? ["--context", "by-flag"] : [];
  const result = await run([...command, ...flags], { home: here, env });
  return { ...result, stdout: namePath(result.stdout, here.path, "<home>") };
}

const PAIRS = LAYERS.flatMap((winner, index) =>
  LAYERS.slice(index + 1).map((loser) => [winner, loser] as const),
);

describe("resolution: first match wins", () => {
  test.each(PAIRS)("%s beats %s", async (winner, loser) => {
    const result = await runWith([winner, loser]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    const status = JSON.parse(result.stdout);
    expect(status).toMatchObject({ name: NAMES[winner], verdict: "unchecked", source: { kind: winner } });
    const endpoint = winner === "env_key" ? "https://environment.test" : `https://${NAMES[winner]}.test`;
    expect(status.endpoint).toBe(endpoint);

    const explained = JSON.parse((await runWith([winner, loser], ["explain", "--json"])).stdout);
    const candidates: { kind: string; chosen: boolean; reason: string }[] = explained.candidates;
    expect(candidates.filter(({ chosen }) => chosen).map(({ kind }) => kind)).toEqual([winner]);
    const beaten = candidates.find(({ kind }) => kind === loser);
    expect(beaten?.reason).toStartWith(`overridden by ${SOURCES[winner]}`);
  });

  test.each([
    ["flag", { name: "--context", path: null, line: null }],
    ["env_key", { name: "BENTO_CLOUD_API_KEY", path: null, line: null }],
    ["env_context", { name: "BENTOML_CLOUD_CONTEXT", path: null, line: null }],
    ["project", { name: "context", path: "<home>/.bentorc", line: 1 }],
    ["user", { name: "current_context_name", path: "<home>/bentoml/.yatai.yaml", line: 18 }],
  ] as const)("the answer carries its source: %s", async (kind, source) => {
    const status = JSON.parse((await runWith([kind])).stdout);
    expect(status.source).toEqual({ kind, ...source });
  });

  test("the name is `default` where nothing chooses", async () => {
    const here = home();
    const { code, stdout } = await run(["status", "--offline", "--json"], { home: here });
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      name: "default",
      source: { kind: "user", line: null },
      endpoint: null,
      verdict: "not_logged_in",
    });
    expect(here.tree()).toEqual([]);
  });
});

describe("variables", () => {
  test.each(["BENTO_CLOUD_API_KEY", "BENTO_CLOUD_API_ENDPOINT", "BENTOML_CLOUD_CONTEXT", "BENTOML_HOME"])(
    "%s: empty counts as unset, and says so once",
    async (name) => {
      for (const value of ["", " "]) {
        const here = homeOf("mine");
        expect(await run(["context", "current"], { home: here, env: { [name]: value } })).toMatchObject({
          code: 0,
          stdout: "mine\n",
          stderr: `warning: ${name} is set but empty; ignored\n`,
        });
      }
    },
  );

  test("key and endpoint come from the same source: an endpoint alone is not joined with a stored token", async () => {
    const here = homeOf("mine");
    const env = { BENTO_CLOUD_API_ENDPOINT: "https://elsewhere.test" };
    const { stdout } = await run(["status", "--offline", "--json"], { home: here, env });
    expect(JSON.parse(stdout)).toMatchObject({ name: "mine", endpoint: "https://mine.test" });
  });

  test("key and endpoint come from the same source: a key alone is not joined with a stored endpoint", async () => {
    const here = homeOf("mine");
    const env = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "" };
    const { stdout, stderr } = await run(["status", "--offline", "--json"], { home: here, env });
    expect(JSON.parse(stdout)).toMatchObject({ name: "__env__", endpoint: "https://cloud.bentoml.com" });
    expect(stderr).toContain("BENTO_CLOUD_API_ENDPOINT is set but empty");
  });
});

describe("an invalid BENTO_CLOUD_API_KEY or endpoint", () => {
  const KEY = `${canary()} ${canary()}`;
  const INVALID: [what: string, env: Record<string, string>, message: string][] = [
    ["key", { BENTO_CLOUD_API_KEY: KEY }, "the API token from BENTO_CLOUD_API_KEY has characters"],
    [
      "endpoint",
      { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "ftp://files.test" },
      "BENTO_CLOUD_API_ENDPOINT: an endpoint starts with https://",
    ],
  ];

  test.each(INVALID)(
    "(%s) fails the commands that would use it, without being printed",
    async (_, env, message) => {
      const here = homeOf("mine");
      const commands = ["token", "whoami", "status", "env", "exec -- true", "context current"];
      for (const words of [...commands, "api-token list"]) {
        const { code, stdout, stderr } = await run(words.split(" "), { home: here, env });
        expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: "" });
        expect(stderr).toStartWith(`error: ${message}`);
      }
    },
  );

  test.each(INVALID)("(%s) fails no others", async (_, env) => {
    const here = homeOf("mine", "other");
    const cwd = join(here.path, "project");
    mkdirSync(cwd);
    for (const words of [
      "token --context other",
      "context list",
      "context list --json",
      "context show mine",
      "context rename other another",
      "status --all --offline",
      "use another",
      "link mine",
      "unlink",
      "logout another",
      "completion bash",
      "restore",
    ]) {
      const { code, stderr } = await run(words.split(" "), { home: here, cwd, env, reveals: "stdout" });
      expect({ words, code }).toEqual({ words, code: 0 });
      expect(stderr).not.toContain("error:");
    }
    const { stdout } = await run(["context", "list"], { home: here, env });
    expect(stdout).toContain("mine");
  });
});

describe("a chosen context that is stored nowhere", () => {
  test.each([
    ["--context", ["--context", "gone"], {}, 3, 'error: there is no context "gone"\n'],
    ["BENTOML_CLOUD_CONTEXT", [], { BENTOML_CLOUD_CONTEXT: "gone" }, 3, "which BENTOML_CLOUD_CONTEXT names"],
    ["current_context_name", [], {}, 4, 'error: not logged in: there is no context "nobody"'],
  ] as const)("by %s is an error that says what chose it", async (_by, args, env, code, message) => {
    const here = home();
    writeContexts(here, [{ name: "mine" }], "nobody");
    const result = await run(["token", ...args], { home: here, env });
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain("hint: ");
  });

  test("`current_context_name: __env__`, as Python writes it, leaves the other contexts usable", async () => {
    const here = home();
    writeContexts(here, [{ name: "mine" }], "__env__");
    expect(await run(["token"], { home: here })).toMatchObject({ code: 4, stdout: "" });
    const chosen = await run(["context", "current", "--context", "mine"], { home: here });
    expect(chosen).toMatchObject({ code: 0, stdout: "mine\n" });
    expect(await run(["use", "mine"], { home: here })).toMatchObject({ code: 0 });
    expect(await run(["context", "current"], { home: here })).toMatchObject({ code: 0, stdout: "mine\n" });
  });
});
