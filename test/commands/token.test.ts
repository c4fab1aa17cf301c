import { describe, expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const cloud = await cloudForAll();

describe("token", () => {
  test("prints only the token on stdout, and sends no request", async () => {
    const token = cloud.issueToken();
    const here = homeOf({ name: "mine", endpoint: cloud.url, token });
    const before = here.tree();
    const result = await run(["token"], { home: here, reveals: "stdout" });
    expect(result).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
    expect(here.tree()).toEqual(before);
    expect(cloud.requests).toEqual([]);
  });

  test("--json prints one object with one key", async () => {
    const token = canary();
    const here = homeOf({ name: "mine", token });
    const { code, stdout, stderr } = await run(["token", "--json"], { home: here, reveals: "stdout" });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({ api_token: token });
  });

  test("--debug does not repeat it on stderr", async () => {
    const here = homeOf("mine");
    expect((await run(["token", "--debug"], { home: here, reveals: "stdout" })).code).toBe(0);
  });

  test("prints the same for `$(…)` on a terminal", async () => {
    const token = canary();
    const here = homeOf({ name: "mine", token });
    const terminal = openTerminal(["token"], { home: here, stdout: "pipe", reveals: "stdout" });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.stdout === `${token}\n`).toBe(true);
    expect(terminal.screen).toBe("");
  });

  test("an entry without a token is not logged in", async () => {
    const here = home();
    here.write("contexts:\n- name: mine\n  endpoint: https://mine.test\ncurrent_context_name: mine\n");
    const stderr = 'error: the context "mine" has no API token\nhint: bentocloud login --context mine\n';
    expect(await run(["token"], { home: here })).toMatchObject({ code: 4, stdout: "", stderr });
  });
});
