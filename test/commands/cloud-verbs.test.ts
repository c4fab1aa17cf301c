import { describe, expect, test } from "bun:test";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

function twoContexts() {
  const here = home();
  const token = canary();
  writeContexts(here, [{ name: "default", token, email: "me@example.test" }, { name: "dev" }]);
  return { here, token };
}

/** Every verb exists at the top level and under `cloud`, as in bentoml. */
const BOTH = [[["cloud"]], [[]]];

describe.each(BOTH)("%p current-context", (group) => {
  const verb = [...group, "current-context"];

  test("prints bentoml's keys in bentoml's order into a pipe, with the token", async () => {
    const { here, token } = twoContexts();
    expect(await run(verb, { home: here, reveals: "stdout" })).toMatchObject({
      code: 0,
      stdout:
        `{\n  "name": "default",\n  "endpoint": "https://default.test",\n  "api_token": "${token}",\n` +
        '  "email": "me@example.test"\n}\n',
      stderr: "",
    });
  });

  test("works in the pipeline that bentoml documents", async () => {
    const { here, token } = twoContexts();
    const terminal = openTerminal(verb, { home: here, stdout: "pipe", reveals: "stdout" });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(JSON.parse(terminal.stdout).api_token).toBe(token);
  });

  test("masks the token on a terminal, even with --json", async () => {
    const { here, token } = twoContexts();
    for (const flags of [[], ["--json"]]) {
      const terminal = openTerminal([...verb, ...flags], { home: here });
      expect(await terminal.exit).toMatchObject({ code: 0 });
      expect(JSON.parse(terminal.screen).api_token).toBe(`****${token.slice(-4)}`);
    }
  });

  test("keeps `email: null`", async () => {
    const { here } = twoContexts();
    const { stdout } = await run([...verb, "--context", "dev"], { home: here, reveals: "stdout" });
    expect(Object.entries(JSON.parse(stdout))[3]).toEqual(["email", null]);
  });

  test.each([
    ["--context", ["--context", "dev"], {}],
    ["BENTOML_CLOUD_CONTEXT", [], { BENTOML_CLOUD_CONTEXT: "dev" }],
  ] as const)("honours %s", async (_by, args, env) => {
    const { here } = twoContexts();
    const { stdout } = await run([...verb, ...args], { home: here, env, reveals: "stdout" });
    expect(JSON.parse(stdout).name).toBe("dev");
  });

  test("shows the environment's credential as __env__", async () => {
    const token = canary();
    const env = { BENTO_CLOUD_API_KEY: token };
    const { stdout } = await run(verb, { env, reveals: "stdout" });
    const api_token = token;
    expect(JSON.parse(stdout)).toEqual({
      name: "__env__",
      endpoint: "https://cloud.bentoml.com",
      api_token,
      email: null,
    });
  });

  test.each([
    ["nobody is signed in", []],
    ["the context does not exist", ["--context", "nobody"]],
  ])("exits 1 when %s", async (_what, args) => {
    const { code, stdout, stderr } = await run([...verb, ...args, "--json"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(JSON.parse(stderr).error).toMatchObject({ code: "FAILURE", exit_code: 1 });
  });
});

describe.each(BOTH)("%p list-context", (group) => {
  const verb = [...group, "list-context"];

  test("prints the names as a JSON array, in the order of the file", async () => {
    const { here } = twoContexts();
    expect(await run(verb, { home: here })).toMatchObject({
      code: 0,
      stdout: '[\n  "default",\n  "dev"\n]\n',
      stderr: "",
    });
  });

  test("prints an empty array when there is no file, and creates none", async () => {
    const here = home();
    expect(await run(verb, { home: here })).toMatchObject({ code: 0, stdout: "[]\n" });
    expect(here.tree()).toEqual([]);
  });

  test("exits 1 for a broken file and leaves it", async () => {
    const here = home();
    here.write("contexts: [broken");
    expect(await run(verb, { home: here })).toMatchObject({ code: 1, stdout: "" });
    expect(here.read()).toBe("contexts: [broken");
  });
});

describe.each(BOTH)("%p update-current-context", (group) => {
  const verb = [...group, "update-current-context"];

  test("switches and says so in bentoml's words on stdout", async () => {
    const { here } = twoContexts();
    expect(await run([...verb, "dev"], { home: here })).toMatchObject({
      code: 0,
      stdout: "Successfully switched to context: dev\n",
      stderr: "",
    });
    expect((await run(["context", "current"], { home: here })).stdout).toBe("dev\n");
    expect((await run(["use", "-"], { home: here })).stderr).toBe('✓ Switched to context "default"\n');
  });

  test("--json answers in JSON", async () => {
    const { here } = twoContexts();
    const { stdout } = await run([...verb, "dev", "--json"], { home: here });
    expect(JSON.parse(stdout)).toEqual({ name: "dev", previous: "default" });
  });

  test("switches to the named context, even if the environment has a credential", async () => {
    const { here } = twoContexts();
    const env = { BENTO_CLOUD_API_KEY: canary() };
    expect((await run([...verb, "dev"], { home: here, env })).stdout).toBe(
      "Successfully switched to context: dev\n",
    );
    expect(here.read()).toMatch(/^current_context_name: dev$/m);
  });

  test("exits 1 for a context that does not exist, and 2 without a name", async () => {
    const { here } = twoContexts();
    const before = here.read();
    expect(await run([...verb, "nobody"], { home: here })).toMatchObject({ code: 1, stdout: "" });
    expect(await run(verb, { home: here })).toMatchObject({ code: 2, stdout: "" });
    expect(await run([...verb, "a", "b"], { home: here })).toMatchObject({ code: 2, stdout: "" });
    expect(here.read()).toBe(before);
  });
});

describe("the verbs and a project", () => {
  test("current-context shows the project's context", async () => {
    const { here } = twoContexts();
    writeBelow(here.path, ".bentorc", "context=dev\n");
    const { stdout } = await run(["current-context"], { home: here, reveals: "stdout" });
    expect(JSON.parse(stdout).name).toBe("dev");
  });

  test("a pin that does not match prints no token", async () => {
    const { here } = twoContexts();
    writeBelow(here.path, ".bentorc", "context=dev\nendpoint=https://pinned.test\n");
    const { code, stdout, stderr } = await run(["current-context"], { home: here });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain('pins the endpoint "https://pinned.test"');
  });
});
