import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { type Entry, homeOf, ownOf, tokensIn, writeContexts } from "../store/fixture.ts";
import { run, start, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

const LIST = "GET /api/v1/api_tokens";
const DELETE = "DELETE /api/v1/api_tokens/{uid}";
const USER = "GET /api/v1/auth/current";

const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

/** A context whose token was made so many days ago. */
function entryOf(cloud: LocalCloud, name: string, days: number): Entry {
  return { name, endpoint: cloud.url, token: cloud.issueToken({ name, createdAt: ago(days) }) };
}

function revoke(here: Home, args: string[], options: RunOptions = {}) {
  return run(["logout", "--revoke", ...args], { home: here, ...options });
}

const namesOf = (cloud: LocalCloud) => cloud.tokens.map(({ name }) => name);
const uidOf = (cloud: LocalCloud, name: string) => cloud.tokens.find((token) => token.name === name)!.uid;
const contextsOf = async (here: Home): Promise<string[]> =>
  JSON.parse((await run(["list-context"], { home: here })).stdout);

describe("logout --revoke", () => {
  test.each(["bentocloud", "yatai"] as const)(
    "of %s: deletes the token, then the context",
    async (dialect) => {
      const cloud = await newCloud({ dialect });
      const here = homeOf(entryOf(cloud, "laptop", 20), entryOf(cloud, "staging", 10));
      const uid = uidOf(cloud, "laptop");
      const { code, stdout, stderr } = await revoke(here, ["laptop"]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect(stderr).toBe(
        `✓ Deleted the API token "laptop" (${uid}) on ${cloud.url}\n` +
          '✓ Removed context "laptop"\n' +
          "No context is active here; `bentocloud use staging` makes another one current\n",
      );
      expect({ contexts: await contextsOf(here), tokens: namesOf(cloud) }).toEqual({
        contexts: ["staging"],
        tokens: ["staging"],
      });
    },
  );

  test.each([
    ["logout --revoke", ["logout", "--revoke"], "adds laptop; the API token of laptop was deleted"],
    ["rotate", ["api-token", "rotate"], "changes the token of laptop; the API token of laptop was deleted"],
  ])("restore says of a version that %s has ended its token", async (_, words, effect) => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20), entryOf(cloud, "staging", 10));
    expect((await run(words, { home: here })).code).toBe(0);
    expect((await run(["restore"], { home: here })).stdout).toContain(effect);
    const { versions } = JSON.parse((await run(["restore", "--json"], { home: here })).stdout);
    expect(versions[0].deleted_tokens).toEqual(["laptop"]);
    expect((await run(["use", "staging"], { home: here })).code).toBe(0);
    expect((await run(["restore"], { home: here })).stdout).toContain("was deleted");
    await run(["api-token", "rotate", "staging"], { home: here });
    expect((await run(["restore"], { home: here })).stdout).toContain("API tokens of laptop, staging were");
  });

  test("--purge says nothing of earlier tokens that the server no longer accepts", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    expect((await run(["api-token", "rotate"], { home: here })).code).toBe(0);
    const { code, stderr } = await revoke(here, ["laptop", "--purge"]);
    expect({ code, stderr: stderr.match(/no longer accepts/g) }).toEqual({ code: 0, stderr: null });
  });

  test("removes a context whose token the server has stopped accepting", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    cloud.revoke(tokensIn(here)[0]!);
    const { code, stderr } = await revoke(here, []);
    expect(code).toBe(0);
    expect(stderr).toStartWith(`${cloud.url} no longer accepts the API token of "laptop"\n`);
    expect(await contextsOf(here)).toEqual([]);
  });

  const down: Plan = { status: 500, body: { error: "down" } };
  const forbidden: Plan = {
    status: 403,
    body: { message: "the api_token need the scopes: write_organization" },
  };
  test.each<[what: string, route: string, plan: Plan, exit: number, isDeleted: boolean]>([
    ["is down", LIST, down, 5, false],
    ["drops the connection", LIST, { reset: true }, 5, false],
    ["answers with a web page", LIST, { html: true }, 5, false],
    [
      "fails with its database",
      LIST,
      { status: 403, body: { message: "get api token: unexpected EOF" } },
      5,
      false,
    ],
    ["refuses in words that are not known", LIST, { status: 403, body: { message: "not today" } }, 4, false],
    ["does not allow to delete", DELETE, forbidden, 4, false],
    ["breaks down before it deletes", DELETE, down, 5, false],
    ["deletes, and accepts the token all the same", USER, { json: { name: "me" } }, 1, true],
    ["deletes, and breaks down", USER, down, 1, true],
  ])("keeps the context when the server %s", async (_, route, plan, exit, isDeleted) => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    const before = here.read();
    cloud.misbehave(route, plan);
    const { code, stdout, stderr } = await revoke(here, ["--timeout", "1"]);
    expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
    expect(stderr).toMatch(
      /^error: kept "laptop": .+\nhint: .*`bentocloud logout laptop` removes it here, .+\n$/,
    );
    expect({ text: here.read(), tokens: namesOf(cloud) }).toEqual({
      text: before,
      tokens: isDeleted ? [] : ["laptop"],
    });
    cloud.behave();
    expect((await revoke(here, [])).code).toBe(0);
    expect({ contexts: await contextsOf(here), tokens: namesOf(cloud) }).toEqual({
      contexts: [],
      tokens: [],
    });
  });

  test("tells its token from others of the same time that are used too, unless one is in use all the time", async () => {
    const cloud = await newCloud();
    const [time, here] = [ago(20), homeOf()];
    const [token] = ["t1", "t2", "t3"].map((name) => cloud.issueToken({ name, createdAt: time }));
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token: token! }]);
    const [, busy, used] = ["t1", "t2", "t3"].map((name) => cloud.tokens.find((one) => one.name === name)!);
    used!.lastUsedAt = new Date();
    let isBusy = true;
    const lastUsedAt = { get: () => (isBusy ? new Date() : time), set: () => {} };
    Object.defineProperty(busy, "lastUsedAt", lastUsedAt);
    const { code, stderr } = await revoke(here, []);
    expect({ code, tokens: namesOf(cloud).toSorted() }).toEqual({ code: 1, tokens: ["t1", "t2", "t3"] });
    expect(stderr).toContain(`kept "mine": ${cloud.url} does not say which of its API tokens this is\n`);
    const [hint] = stderr.split(`hint: delete it at ${cloud.url}/api_tokens: `).slice(1);
    expect(hint).toMatch(/\(t1, created 20 days ago, .*\); `bentocloud logout mine` removes it here/);
    isBusy = false;
    expect(await revoke(here, [])).toMatchObject({ code: 0 });
    expect(namesOf(cloud).toSorted()).toEqual(["t2", "t3"]);
  });

  test("refuses a token that another context has too, and sends nothing", async () => {
    const cloud = await newCloud();
    const first = entryOf(cloud, "laptop", 20);
    const here = homeOf(first, { ...first, name: "copy" });
    for (const option of ["--revoke", "--purge"])
      expect(await run(["logout", "laptop", option], { home: here })).toMatchObject({
        code: 2,
        stderr:
          'error: kept "laptop": the context "copy" has the same API token\n' +
          "hint: `bentocloud logout copy` first\n",
      });
    expect(cloud.requests).toEqual([]);
    expect((await revoke(here, ["--all", "--yes"])).code).toBe(0);
    expect({ contexts: await contextsOf(here), tokens: namesOf(cloud) }).toEqual({
      contexts: [],
      tokens: [],
    });
  });

  test("--all removes what it could revoke, and keeps the rest", async () => {
    const [cloud, other] = [await newCloud(), await newCloud()];
    const here = homeOf(entryOf(other, "a", 20), entryOf(other, "b", 10), entryOf(cloud, "c", 20), "d");
    await run(["context", "protect", "d"], { home: here });
    await other.stop();
    const { code, stderr } = await revoke(here, ["--all", "--yes", "--timeout", "1"]);
    expect(code).toBe(5);
    expect(stderr).toContain('✓ Removed context "c"\n');
    expect(stderr).toContain('kept "d", which is protected');
    expect(stderr).toMatch(/^warning: kept "a": .*\nwarning: kept "b": .*\nerror: kept 2 contexts whose/m);
    expect({ contexts: await contextsOf(here), tokens: namesOf(cloud) }).toEqual({
      contexts: ["a", "b", "d"],
      tokens: [],
    });
  });

  test("--purge deletes every token that the name has had, and one that stays holds up no other", async () => {
    const [cloud, other] = [await newCloud(), await newCloud()];
    const here = homeOf(entryOf(cloud, "laptop", 30));
    const earlier: [LocalCloud, number][] = [
      [other, 20],
      [cloud, 10],
    ];
    for (const [server, days] of earlier) {
      expect((await run(["logout", "laptop"], { home: here })).code).toBe(0);
      writeContexts(here, [entryOf(server, "laptop", days)]);
      expect((await run(["use", "laptop"], { home: here })).code).toBe(0);
    }
    await other.stop();
    const { code, stderr } = await revoke(here, ["laptop", "--purge", "--timeout", "1"]);
    expect(code).toBe(5);
    expect(stderr).toContain('✓ Removed context "laptop"\n');
    expect(stderr).toMatch(
      /^error: kept an earlier API token of "laptop" in backups: .+\nhint: `bentocloud logout laptop --purge` removes it here/m,
    );
    expect({ contexts: await contextsOf(here), tokens: namesOf(cloud) }).toEqual({
      contexts: [],
      tokens: [],
    });
    expect(await run(["logout", "laptop", "--purge"], { home: here })).toMatchObject({ code: 0 });
    expect(await run(["logout", "laptop", "--purge"], { home: here })).toMatchObject({ code: 3 });
  });

  test("asks for the name of a protected context before it sends anything", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "prod", 20));
    await run(["context", "protect", "prod"], { home: here });
    expect(await revoke(here, ["prod"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--yes=prod"),
    });
    expect(cloud.requests).toEqual([]);
    expect(await revoke(here, ["prod", "--yes=prod"])).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual([]);
  });

  test("sends nothing where the context could not be removed afterwards", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    writeFileSync(ownOf(here), "");
    expect((await revoke(here, [])).code).toBe(6);
    expect(cloud.requests).toEqual([]);
  });

  test("killed after the server deleted the token: the next one removes the context", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    cloud.misbehave(DELETE, { afterwards: { silent: true } });
    const running = start(["logout", "--revoke"], { home: here });
    await cloud.seen(DELETE);
    const second = await revoke(here, []);
    expect(second).toMatchObject({ code: 6, stderr: expect.stringContaining("another process") });
    running.kill("SIGKILL");
    await running.result;
    cloud.behave();
    expect({ contexts: await contextsOf(here), tokens: namesOf(cloud) }).toEqual({
      contexts: ["laptop"],
      tokens: [],
    });
    expect((await revoke(here, [])).code).toBe(0);
    expect(await contextsOf(here)).toEqual([]);
  });

  test("says on Ctrl-C that the token may be deleted already, and keeps the context", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    cloud.misbehave(DELETE, { afterwards: { silent: true } });
    const running = start(["logout", "--revoke"], { home: here });
    await cloud.seen(DELETE);
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({
      code: 130,
      stderr: 'error: cancelled; the API token "laptop" may be deleted, and the rest is as it was\n',
    });
    expect(await contextsOf(here)).toEqual(["laptop"]);
  });

  test("keeps a login that was saved under the name meanwhile", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    cloud.misbehave(DELETE, { delayMs: 500 });
    const running = start(["logout", "--revoke"], { home: here });
    await cloud.seen(DELETE);
    writeContexts(here, [entryOf(cloud, "laptop", 1)]);
    const { code, stderr } = await running.result;
    expect(code).toBe(0);
    expect(stderr).toContain('kept "laptop": another login was saved under this name meanwhile');
    expect({ contexts: await contextsOf(here), tokens: cloud.tokens.length }).toEqual({
      contexts: ["laptop"],
      tokens: 1,
    });
  });

  test("says that a variable holds the token as well", async () => {
    const cloud = await newCloud();
    const here = homeOf(entryOf(cloud, "laptop", 20));
    const key = `${here.path}/key`;
    writeFileSync(key, tokensIn(here)[0]!);
    const env = { BENTO_CLOUD_API_KEY_FILE: key, BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stderr } = await revoke(here, ["laptop"], { env });
    writeFileSync(key, "");
    expect(code).toBe(0);
    expect(stderr).toContain("BENTO_CLOUD_API_KEY_FILE holds that API token, which no longer works\n");
  });
});
