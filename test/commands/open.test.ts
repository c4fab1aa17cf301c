import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { lineWrittenTo } from "../support/until.ts";

sweepCanaries();

/** A browser that writes its arguments into a file. */
function browserIn(here: Home): { BROWSER: string } {
  const path = join(here.path, "browser");
  writeFileSync(path, `#!/bin/sh\necho "$*" >> '${here.path}/opened'\n`, { mode: 0o755 });
  return { BROWSER: path };
}

describe("open", () => {
  test.each([
    [[], "https://mine.test", "https://mine.test/"],
    [["api_tokens"], "https://mine.test", "https://mine.test/api_tokens"],
    [["deployments"], "https://mine.test/", "https://mine.test/deployments"],
    [["api_tokens"], "http://127.0.0.1:9/team/a", "http://127.0.0.1:9/team/a/api_tokens"],
  ])("%p of %s opens %s", async (args, endpoint, url) => {
    const here = homeOf({ name: "mine", endpoint });
    const { code, stdout, stderr } = await run(["open", ...args], { home: here, env: browserIn(here) });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: `✓ Opened ${url}\n` });
    expect(await lineWrittenTo(join(here.path, "opened"))).toBe(`${url}\n`);
  });

  test("of another context, and of the environment's credential", async () => {
    const here = homeOf("mine", "other");
    const args = ["open", "--no-browser"];
    expect((await run([...args, "--context", "other"], { home: here })).stdout).toBe("https://other.test/\n");
    const env = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "https://ci.test" };
    expect((await run(args, { home: here, env })).stdout).toBe("https://ci.test/\n");
  });

  test("prints the address where no browser starts", async () => {
    const env = { BROWSER: "/nowhere/browser" };
    expect(await run(["open", "api_tokens"], { home: homeOf("mine"), env })).toMatchObject({
      code: 0,
      stdout: "https://mine.test/api_tokens\n",
      stderr: "No browser could be opened; visit this address:\n",
    });
  });

  test("--no-browser prints the address alone, and opens nothing", async () => {
    const here = homeOf("mine");
    const env = browserIn(here);
    expect(await run(["open", "--no-browser"], { home: here, env })).toMatchObject({
      code: 0,
      stdout: "https://mine.test/\n",
      stderr: "",
    });
    const { stdout } = await run(["open", "--no-browser", "--json"], { home: here, env });
    expect(JSON.parse(stdout)).toEqual({ url: "https://mine.test/", opened: false });
    expect(existsSync(join(here.path, "opened"))).toBe(false);
  });

  test("keeps user name and password of an endpoint to itself", async () => {
    const here = homeOf({ name: "mine", endpoint: "https://me:canari00password@mine.test" });
    expect((await run(["open", "--no-browser"], { home: here })).stdout).toBe("https://mine.test/\n");
  });

  test.each([
    ["file:///etc/passwd", 2],
    ["javascript:alert(1)", 2],
  ])("refuses an endpoint that is no web address: %s", async (endpoint, exit) => {
    const here = homeOf({ name: "mine", endpoint });
    const { code, stdout } = await run(["open"], { home: here, env: browserIn(here) });
    expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
    expect(existsSync(join(here.path, "opened"))).toBe(false);
  });

  test.each([
    ["an unknown page", ["open", "billing"], 2, "one of api_tokens, deployments"],
    ["a page with a path", ["open", "../evil"], 2, "one of api_tokens, deployments"],
    ["a context that does not exist", ["open", "--context", "gone"], 3, "there is no context"],
  ])("refuses %s", async (_, args, exit, message) => {
    expect(await run(args, { home: homeOf("mine") })).toMatchObject({
      code: exit,
      stderr: expect.stringContaining(message),
    });
  });

  test("refuses a context that the project's pins forbid, and where nobody is signed in", async () => {
    const here = homeOf("mine");
    writeFileSync(join(here.path, ".bentorc"), "endpoint=https://other.test\n");
    expect((await run(["open", "--no-browser"], { home: here })).code).toBe(4);
    expect((await run(["open", "--no-browser"], { home: home() })).code).toBe(4);
  });
});
