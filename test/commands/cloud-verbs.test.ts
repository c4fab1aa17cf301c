import { describe, expect, test } from "bun:test";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

function twoContexts() {
  const token = canary();
  const here = homeOf({ name: "default", token, email: "me@example.test" }, "dev");
  return { here, token };
}

/**
 * Every verb exists at the top level and under `cloud`, as in bentoml. What they print and their exit codes
 * are compared with bentoml's in test/interop/verbs.test.ts.
 */
const BOTH = [[["cloud"]], [[]]];

describe.each(BOTH)("%p current-context", (group) => {
  const verb = [...group, "current-context"];

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

  test.each([
    ["--context", ["--context", "dev"], {}],
    ["BENTOML_CLOUD_CONTEXT", [], { BENTOML_CLOUD_CONTEXT: "dev" }],
  ] as const)("honours %s", async (_by, args, env) => {
    const { here } = twoContexts();
    const { stdout } = await run([...verb, ...args], { home: here, env, reveals: "stdout" });
    expect(JSON.parse(stdout).name).toBe("dev");
  });
});

describe.each(BOTH)("%p update-current-context", (group) => {
  const verb = [...group, "update-current-context"];

  test("switches and says so in bentoml's words on stdout", async () => {
    const { here } = twoContexts();
    const stdout = "Successfully switched to context: dev\n";
    expect(await run([...verb, "dev"], { home: here })).toMatchObject({ code: 0, stdout, stderr: "" });
    expect((await run(["context", "current"], { home: here })).stdout).toBe("dev\n");
    const { stderr } = await run(["use", "-"], { home: here });
    expect(stderr).toStartWith('✓ Switched to context "default" (');
  });

  test("--json answers in JSON", async () => {
    const { here } = twoContexts();
    const { stdout } = await run([...verb, "dev", "--json"], { home: here });
    expect(JSON.parse(stdout)).toEqual({ name: "dev", previous: "default" });
  });
});

describe("the options that every command of bentoml cloud takes", () => {
  const VERBS = [["list-context"], ["current-context"], ["update-current-context", "dev"]];
  const LINES = [...VERBS, ...VERBS.map((verb) => ["cloud", ...verb])].flatMap((verb) =>
    ["-q", "--quiet", "--verbose", "--debug", "--do-not-track"].map((option) => [...verb, option]),
  );

  test.each(
    [...LINES, ["cloud", "-q", "--do-not-track", "list-context"]].map((line) => [line.join(" "), line]),
  )("%s", async (_line, args) => {
    const { here } = twoContexts();
    expect(await run(args, { home: here, reveals: "stdout" })).toMatchObject({ code: 0 });
  });

  test("cloud login takes them too", async () => {
    const { code, stderr } = await run(["cloud", "login", "-q", "--do-not-track", "--no-input"]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no token") });
  });

  test("a name is no option", async () => {
    const { here } = twoContexts();
    const unknown = await run(["update-current-context", "constructor"], { home: here });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('no context "constructor"') });
  });

  test("no other command does", async () => {
    expect(await run(["context", "list", "-q"])).toMatchObject({ code: 2 });
    expect(await run(["token", "--do-not-track"])).toMatchObject({ code: 2 });
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
