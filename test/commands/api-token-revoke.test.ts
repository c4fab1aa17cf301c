import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, homeOf } from "../store/fixture.ts";
import { home, run, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
const issue = (cloud: LocalCloud, name: string, days: number) =>
  cloud.issueToken({ name, createdAt: ago(days) });
const entryOf = (cloud: LocalCloud, name: string, days: number): Entry & { token: string } => ({
  name,
  endpoint: cloud.url,
  token: issue(cloud, name, days),
});
const namesOf = (cloud: LocalCloud) => cloud.tokens.map(({ name }) => name);

function revoke(token: string, args: string[], options: RunOptions) {
  return run(["api-token", "revoke", "--with-token", ...args], { stdin: `${token}\n`, ...options });
}

describe("api-token revoke --with-token", () => {
  test("deletes a token that no context has, on the server of the active one", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "mine", 20));
    const uid = (issue(cloud, "leaked", 10), cloud.tokens.at(-1)!.uid);
    const { code, stdout, stderr } = await revoke(cloud.tokens.at(-1)!.value, [], { home: here });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(`✓ Deleted the API token "leaked" (${uid}) on ${cloud.url}\n`);
    expect(namesOf(cloud)).toEqual(["mine"]);
  });

  test("deletes a token of somebody else with that token alone, where nobody is signed in", async () => {
    const cloud = await newCloud();
    const token = cloud.issueToken({ email: "eve@example.test", name: "hers" });
    const here = home();
    const { code, stdout } = await revoke(token, ["--endpoint", cloud.url, "--json"], { home: here });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: "hers", endpoint: cloud.url, contexts: [] });
    expect({ tokens: namesOf(cloud), tree: here.tree() }).toEqual({ tokens: [], tree: [] });
  });

  test("sends the token of a context to the server of that context, and says what to do next", async () => {
    const [cloud, other] = [await newCloud(), await newCloud()];
    const saved = entryOf(other, "saved", 20);
    const here = homeOf(entryOf(cloud, "mine", 10), saved);
    const { code, stderr } = await revoke(saved.token, [], { home: here });
    expect(code).toBe(0);
    expect(stderr).toEndWith(
      'warning: the context "saved" can no longer sign in\n' +
        "hint: `bentocloud login --context saved` signs in again, " +
        "`bentocloud logout saved --purge` removes what is left of it\n",
    );
    expect({ left: namesOf(other), asked: cloud.requests }).toEqual({ left: [], asked: [] });
  });

  test("needs the name of a protected context that has it", async () => {
    const cloud = await newCloud();
    const prod = entryOf(cloud, "prod", 20);
    const here = homeOf(prod);
    await run(["context", "protect", "prod"], { home: here });
    const refused = await revoke(prod.token, [], { home: here });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("pass --yes=prod") });
    expect(await revoke(prod.token, ["--yes=other"], { home: here })).toMatchObject({ code: 2 });
    expect(cloud.requests).toEqual([]);
    expect(await revoke(prod.token, ["--yes=prod"], { home: here })).toMatchObject({ code: 0 });
  });

  test.each([
    [[], "URL"],
    [[{ name: "far", endpoint: "https://far.test", token: "x" }], "https://far.test"],
  ])("names the servers that may know a token which this one does not know", async (others, url) => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "mine", 20), ...others);
    const { code, stderr } = await revoke(canary(), [], { home: here });
    expect(code).toBe(4);
    expect(stderr).toBe(
      `error: ${cloud.url} does not know this API token\n` +
        `hint: it may still work on another server: \`bentocloud api-token revoke --with-token --endpoint ${url}\`\n`,
    );
    expect(namesOf(cloud)).toEqual(["mine"]);
  });

  test("says which API tokens it can be", async () => {
    const cloud = await newCloud();
    const time = ago(20);
    const [token = "", twin = ""] = ["one", "two"].map((name) => cloud.issueToken({ name, createdAt: time }));
    // A token that is not in use all the time cannot be the one that asks.
    const busy = cloud.tokens.find(({ value }) => value === twin)!;
    Object.defineProperty(busy, "lastUsedAt", { get: () => new Date(), set: () => {} });
    const refused = await revoke(token, ["--endpoint", cloud.url], { home: home() });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /hint: delete it at \S+: .*\(one, created 20 days ago, last used 0 seconds ago\)/,
    );
  });

  test("says that a context's token has stopped working", async () => {
    const cloud = await newCloud();
    const mine = entryOf(cloud, "mine", 20);
    cloud.revoke(mine.token);
    const { code, stderr } = await revoke(mine.token, [], { home: homeOf(mine) });
    expect(code).toBe(4);
    expect(stderr).toEndWith("hint: it no longer works: bentocloud login --context mine\n");
  });

  test("says that a variable holds it", async () => {
    const cloud = await newCloud();
    const token = issue(cloud, "ci", 10);
    const env = { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stderr } = await revoke(token, [], { env });
    expect(code).toBe(0);
    expect(stderr).toContain("BENTO_CLOUD_API_KEY holds that API token, which no longer works\n");
  });

  test.each([
    ["only a project chose the server", "context=mine\n"],
    ["none of several contexts is active", "context=gone\n"],
  ])("does not send a token of no context where %s", async (_, project) => {
    const cloud = await newCloud();
    const here = homeOf("first", entryOf(cloud, "mine", 20));
    writeFileSync(join(here.path, ".bentorc"), project);
    const refused = await revoke(canary(), [], { home: here });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("say so with --endpoint") });
    expect(cloud.requests).toEqual([]);
  });

  test("does not send a context's token to another server", async () => {
    const [cloud, other] = [await newCloud(), await newCloud()];
    const mine = entryOf(cloud, "mine", 20);
    const refused = await revoke(mine.token, ["--endpoint", other.url], { home: homeOf(mine) });
    expect(refused.code).toBe(2);
    expect([...cloud.requests, ...other.requests]).toEqual([]);
  });

  test.each([
    [["api-token", "revoke"], "with --with-token"],
    [["api-token", "revoke", "--with-token"], "the API token from standard input is empty"],
    [["api-token", "revoke", "name"], "takes no argument"],
  ])("%p without a value is exit 2", async (args, message) => {
    expect(await run(args, { home: homeOf("mine") })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });

  test("asks for it unseen on a terminal", async () => {
    const cloud = await newCloud();
    const saved = entryOf(cloud, "mine", 20);
    const terminal = openTerminal(["api-token", "revoke", "--with-token"], { home: homeOf(saved) });
    await terminal.waitFor("API token to delete on its server");
    terminal.write(`${saved.token}\r`);
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).toContain('Deleted the API token "mine"');
  });
});
