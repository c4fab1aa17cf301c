import { describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home, run, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

const DAY_MS = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS);
const SECONDS = /\.\d+Z$/;
const shown = (time: Date) => time.toISOString().replace(SECONDS, "Z");

/** The context `mine`, whose token `laptop` was made 20 days ago. */
function signedIn(cloud: LocalCloud): Home {
  const here = home();
  const token = cloud.issueToken({ name: "laptop", createdAt: ago(20) });
  writeContexts(here, [{ name: "mine", endpoint: cloud.url, token, email: "me@example.test" }]);
  return here;
}

const uidOf = (cloud: LocalCloud, name: string) => cloud.tokens.find((token) => token.name === name)!.uid;
const namesOf = (cloud: LocalCloud) => cloud.tokens.map(({ name }) => name);

async function json(args: string[], options: RunOptions) {
  const { code, stdout, stderr } = await run(["api-token", ...args, "--json"], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("api-token list", () => {
  test.each(["bentocloud", "yatai"] as const)(
    "of %s: prints a table with relative times, and marks the token in use",
    async (dialect) => {
      const cloud = await newCloud({ dialect });
      const here = signedIn(cloud);
      const end = new Date(Date.now() + 30 * DAY_MS + 60_000);
      cloud.issueToken({
        name: "ci",
        description: "for ci",
        scopes: ["api", "read_cluster"],
        expiresAt: end,
      });
      cloud.issueToken({ name: "gone", createdAt: ago(400), expiresAt: ago(35), scopes: null });
      const { code, stdout, stderr } = await run(["api-token", "list"], { home: here });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const verbose = await run(["api-token", "list", "--verbose"], { home: here });
      expect(verbose.stdout).toContain(` ${shown(end)} (in 30 days) `);
      const [header, ...rows] = stdout.trimEnd().split("\n");
      expect((await run(["api-token", "list", "--search", "laptop"], { home: here })).stdout).not.toContain(
        "DESC",
      );
      expect(header!.trim().split(/ {2,}/)).toEqual([
        "NAME",
        "UID",
        "SCOPES",
        "CREATED",
        "LAST USED",
        "EXPIRES",
        "DESCRIPTION",
      ]);
      const cells = rows.map((row) => [row.slice(0, 1), ...row.slice(1).trim().split(/ {2,}/)]);
      expect(cells).toEqual([
        [" ", "gone", uidOf(cloud, "gone"), "no scopes set", "400 days ago", "never", "35 days ago"],
        [
          " ",
          "ci",
          uidOf(cloud, "ci"),
          "api, read_cluster",
          expect.stringMatching(/^\d+ seconds? ago$/),
          "never",
          "in 30 days",
          "for ci",
        ],
        [
          "*",
          "laptop",
          uidOf(cloud, "laptop"),
          "api",
          "20 days ago",
          expect.stringMatching(/^\d+ seconds? ago$/),
          "never",
        ],
      ]);
      const starts = rows.map((row) => row.search(/\d+ (?:day|second)s? ago/));
      expect(new Set(starts).size).toBe(1);
    },
  );

  test("--json: prints every field, and times in RFC 3339 with their zone", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    const { api_tokens: tokens } = await json(["list"], { home: here });
    const [token] = cloud.tokens;
    expect(tokens).toEqual([
      {
        uid: token!.uid,
        name: "laptop",
        description: "",
        scopes: ["api"],
        user: "me@example.test",
        created_at: token!.createdAt.toISOString(),
        last_used_at: token!.lastUsedAt!.toISOString(),
        expires_at: null,
        contexts: ["mine"],
        in_use: true,
      },
    ]);
  });

  test("reads all pages up to the server's total", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    for (let number = 1; number <= 230; number += 1) cloud.issueToken({ name: `t-${number}` });
    const { api_tokens: tokens } = await json(["list"], { home: here });
    expect(tokens.map(({ name }: { name: string }) => name)).toEqual(namesOf(cloud).toReversed());
    const starts = cloud.requests.map(({ query }) => query["start"]);
    expect(starts).toEqual(["0", "100", "200"]);
  });

  test("starts over when a token is created while it reads the pages", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    for (let number = 1; number <= 150; number += 1) cloud.issueToken({ name: `t-${number}` });
    // The total is right, but one token is on the second page again.
    const total = cloud.tokens.length - 1;
    const { uid, name } = cloud.tokens.at(-1)!;
    cloud.misbehave(
      "GET /api/v1/api_tokens",
      { json: { start: 0, count: 100, total, items: [{ uid, name }] } },
      { times: 1 },
    );
    const { api_tokens: tokens } = await json(["list"], { home: here });
    expect(tokens).toHaveLength(151);
  });

  test("--search searches name, description and uid, even if the server ignores the search", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci-main", description: "Builds" });
    cloud.issueToken({ name: "other", description: "used in CI" });
    const search = async (text: string) =>
      (await json(["list", "--search", text], { home: here })).api_tokens.map(
        ({ name }: { name: string }) => name,
      );
    expect(await search("ci")).toEqual(["other", "ci-main"]);
    expect(await search("BUILDS")).toEqual(["ci-main"]);
    expect(await search(uidOf(cloud, "other").slice(3))).toEqual(["other"]);
    const { code, stdout, stderr } = await run(["api-token", "list", "--search", "nope"], { home: here });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "There is no such API token\n" });
  });

  test("marks no token as in use when two were made at the same time", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.issueToken({ name: "twin", createdAt: cloud.tokens[0]!.createdAt });
    const { api_tokens: tokens } = await json(["list"], { home: here });
    expect(tokens.map(({ in_use }: { in_use: boolean }) => in_use)).toEqual([false, false]);
  });

  test("takes no context of another organization for the user of a token", async () => {
    const cloud = await newCloud();
    const here = home();
    const makeLogin = (name: string, email: string, createdAt: Date) =>
      run(["login", "--with-token", "--endpoint", cloud.url, "--context", name], {
        home: here,
        stdin: cloud.issueToken({ name, email, createdAt }),
      });
    const time = ago(20);
    cloud.addUser({ email: "me@globex.test", organization: "globex" });
    for (const name of ["acme", "globex"]) await makeLogin(name, `me@${name}.test`, time);
    const { api_tokens: tokens } = await json(["list"], { home: here });
    expect(tokens).toMatchObject([{ name: "globex", contexts: ["globex"] }]);
  });

  test("fails when the server lists fewer tokens than its total", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const items = [{ uid: "u", name: "one" }];
    cloud.misbehave("GET /api/v1/api_tokens", { json: { start: 0, count: 1, total: 3, items } });
    const { code, stdout, stderr } = await run(["api-token", "list"], { home: here });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: ${cloud.url} lists 1 of 3 API tokens\n`,
    });
  });

  test("fails at once when the server lists a trillion tokens", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const items = Array.from({ length: 100 }, (_, number) => ({ uid: `u${number}`, name: "one" }));
    cloud.misbehave("GET /api/v1/api_tokens", { json: { start: 0, count: 100, total: 1e12, items } });
    const { code, stderr } = await run(["api-token", "list"], { home: here });
    expect({ code, stderr, requests: cloud.requests.length }).toEqual({
      code: 1,
      stderr: `error: ${cloud.url} lists more API tokens than can be read: 1000000000000\n`,
      requests: 1,
    });
  });

  test("accepts null as an empty list", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.misbehave("GET /api/v1/api_tokens", { json: { start: 0, count: 100, total: 0, items: null } });
    expect(await json(["list"], { home: here })).toEqual({ api_tokens: [] });
  });

  test("cuts a long description for people, and not for programs", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const description = "long ".repeat(200).trim();
    cloud.issueToken({ name: "ci", description });
    for (const args of [["list"], ["get", "ci"]]) {
      const { stdout } = await run(["api-token", ...args], { home: here });
      expect(stdout).toContain(`${description.slice(0, 299)}…`);
      expect(stdout).not.toContain(description);
    }
    expect(await json(["get", "ci"], { home: here })).toMatchObject({ description });
  });

  test("removes control characters from the server's text", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.issueToken({ name: "evil", description: "\u001b[31mred\u001b]0;title\u0007 \u202eback\nnext" });
    const { stdout } = await run(["api-token", "list"], { home: here });
    expect(stdout).toContain("red back next\n");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  test("works for the environment's credential, and writes nothing", async () => {
    const cloud = await newCloud();
    const here = home();
    const env = {
      BENTO_CLOUD_API_KEY: cloud.issueToken({ name: "ci" }),
      BENTO_CLOUD_API_ENDPOINT: cloud.url,
    };
    const { api_tokens: tokens } = await json(["list"], { home: here, env });
    expect(tokens).toMatchObject([{ name: "ci", in_use: true, contexts: ["__env__"] }]);
    expect(here.tree()).toEqual([]);
  });

  test.each([
    [
      403,
      { message: "get api token: record not found" },
      "TOKEN_REJECTED",
      4,
      "does not accept the API token",
    ],
    [403, { message: "the api token is expired" }, "TOKEN_EXPIRED", 4, "has expired"],
    [400, { error: "the api_token need the scopes: read_organization" }, "FORBIDDEN", 4, "lacks a scope"],
    [400, { error: "binding error: x" }, "API_400", 5, "binding error: x"],
    [404, { message: "not found this router with method GET" }, "API_404", 5, "cannot do that"],
    [200, { items: "no" }, "NOT_BENTOCLOUD", 5, "JSON of another shape"],
    [200, { total: 1, items: [{ name: "x" }] }, "NOT_BENTOCLOUD", 5, "JSON of another shape"],
    [200, "<p>sign in</p>", "NOT_BENTOCLOUD", 5, "a web page"],
  ])("a server's %d %j is %s", async (status, body, code, exit, words) => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    cloud.misbehave("GET /api/v1/api_tokens", { status, body });
    const result = await run(["api-token", "list", "--json"], { home: here });
    expect(result).toMatchObject({ code: exit, stdout: "" });
    expect(JSON.parse(result.stderr).error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test("reports a server that closes the connection as unreachable", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    cloud.misbehave("GET /api/v1/api_tokens", { reset: true });
    const { code, stderr } = await run(["api-token", "list"], { home: here });
    expect(code).toBe(5);
    expect(stderr).toContain("it closed the connection");
  });
});

describe("api-token get", () => {
  test("finds a token by name and by uid", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const { stdout } = await run(["api-token", "get", "laptop"], { home: here });
    expect(stdout).toMatch(/^name {7}laptop$/m);
    expect(stdout).toMatch(/^created {4}20 days ago$/m);
    expect(stdout).toMatch(/^used by {4}the context "mine"$/m);
    const byUid = await json(["get", uidOf(cloud, "laptop")], { home: here });
    expect(byUid).toMatchObject({ name: "laptop", in_use: true });
  });

  test("refuses a word that is the name of one token and the uid of another", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const uid = uidOf(cloud, "laptop");
    cloud.issueToken({ name: uid });
    const { code, stdout, stderr } = await run(["api-token", "get", uid], { home: here });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`several API tokens go by`);
    expect(stderr).toContain(uidOf(cloud, uid));
  });

  test("percent-encodes a uid in the path of the request", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const asked = async (word: string) => {
      const before = cloud.requests.length;
      const { code, stderr } = await run(["api-token", "get", word], { home: here });
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("there is no API token") });
      return cloud.requests.slice(before).map(({ path }) => path.replace("/api/v1/api_tokens", ""));
    };
    expect(await asked("../auth/current?x=1#y")).toEqual(["", "/..%2Fauth%2Fcurrent%3Fx%3D1%23y"]);
    expect(await asked("ä b")).toEqual(["", "/%C3%A4%20b"]);
    expect(await asked("..")).toEqual([""]);
    expect(await asked(".")).toEqual([""]);
  });

  test.each([
    [["get", "laptpo"], 3, "`bentocloud api-token get laptop`?"],
    [["delete", "latop", "--yes"], 3, '"laptop"? `bentocloud api-token list` shows them'],
    [["update", "lap", "--expires", "30d"], 3, "`bentocloud api-token update laptop …`?"],
    [["rotate", "--old", "labtop", "--yes"], 3, "`bentocloud api-token rotate --old=laptop`?"],
    [
      ["create", "ci", "--scope", "raed_cluster"],
      2,
      "`bentocloud api-token create ci --scope=read_cluster`?",
    ],
  ])("corrects a mistyped name in the hint: %p", async (args, exit, line) => {
    const here = signedIn(await newCloud());
    const { code, stderr } = await run(["api-token", ...args], { home: here });
    expect(code).toBe(exit);
    expect(stderr).toEndWith(`hint: did you mean ${line}\n`);
  });

  test("ignores an answer about another token", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.misbehave("GET /api/v1/api_tokens/{uid}", { json: { uid: "other", name: "other" } });
    expect(await run(["api-token", "get", "x"], { home: here })).toMatchObject({ code: 3, stdout: "" });
  });

  test("puts a token that is given in the place of a uid into no address", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const other = cloud.issueToken({ name: "other" });
    expect((await run(["api-token", "get", other], { home: here })).code).toBe(3);
    const own = cloud.tokens[0]!.value;
    const { code, stderr } = await run(["api-token", "get", own], { home: here });
    expect(code).toBe(2);
    expect(stderr).toContain("this is an API token itself");
  });
});

describe("api-token update", () => {
  test("sends only the given fields, and the time with its zone", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci", description: "before", scopes: ["read_cluster"] });
    const time = "2099-12-31T18:00:00+08:00";
    const answer = await json(["update", "ci", "--expires", time], { home: here });
    const patch = cloud.requests.find(({ method }) => method === "PATCH")!;
    expect(patch.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(patch.body)).toEqual({ expired_at: "2099-12-31T10:00:00.000Z" });
    expect(answer).toMatchObject({ description: "before", expires_at: "2099-12-31T10:00:00.000Z" });
    const { stderr } = await run(
      ["api-token", "update", "ci", "--scope", "api", "--scope=write_cluster", "--description", "after"],
      { home: here },
    );
    expect(stderr).toContain(
      `✓ Changed the API token "ci" (${uidOf(cloud, "ci")}): api, write_cluster, expires `,
    );
    expect(cloud.tokens[1]).toMatchObject({ description: "after", scopes: ["api", "write_cluster"] });
  });

  test.each([
    [[], "there is nothing to change"],
    [["--scope", "admin"], 'unknown scope "admin"'],
    [["--expires", "0d"], "not in the future"],
    [["--expires", "soon"], "is not a time"],
  ])("%p is a usage error, and nothing is sent", async (args, words) => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const { code, stderr } = await run(["api-token", "update", "laptop", ...args], { home: here });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
    expect(cloud.requests).toEqual([]);
  });

  test("says that a server without PATCH cannot do it", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const body = { message: "not found this router with method PATCH" };
    cloud.misbehave("PATCH /api/v1/api_tokens/{uid}", { status: 404, body });
    const { code, stderr } = await run(["api-token", "update", "laptop", "--description", "x"], {
      home: here,
    });
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining("cannot do that to API tokens"),
    });
  });
});

describe("api-token delete", () => {
  test("needs --yes without a terminal", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci" });
    const refused = await run(["api-token", "delete", "ci"], { home: here });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("pass --yes") });
    expect(namesOf(cloud)).toContain("ci");
    const uid = uidOf(cloud, "ci");
    const { code, stdout, stderr } = await run(["api-token", "delete", "ci", "--yes"], { home: here });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "",
      stderr: `✓ Deleted the API token "ci" (${uid})\n`,
    });
    expect(namesOf(cloud)).toEqual(["laptop"]);
    expect(await run(["api-token", "delete", "ci", "--yes"], { home: here })).toMatchObject({ code: 3 });
  });

  test("asks on a terminal, and keeps the token after a no", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci" });
    const answer = async (...keys: ("enter" | "right" | "ctrl-c")[]) => {
      const terminal = openTerminal(["api-token", "delete", "ci"], { home: here });
      await terminal.waitFor('Delete the API token "ci"');
      for (const key of keys)
        if (key === "right") terminal.write("y");
        else terminal.press(key);
      return terminal.exit;
    };
    expect(await answer("enter")).toMatchObject({ code: 1 });
    expect(await answer("ctrl-c")).toMatchObject({ code: 130 });
    expect(namesOf(cloud)).toContain("ci");
    expect(await answer("right")).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["laptop"]);
  });

  test("without a name, is of the one that is picked from a list", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci", description: "for builds" });
    const terminal = openTerminal(["api-token", "delete", "--yes"], { home: here });
    await terminal.waitFor("Which API token?");
    terminal.write("builds");
    await terminal.waitFor("Search: builds_");
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["laptop"]);
  });

  test.each(["get", "delete"])("%s without a name and without a terminal sends nothing", async (verb) => {
    const cloud = await newCloud();
    expect(await run(["api-token", verb], { home: signedIn(cloud) })).toMatchObject({
      code: 2,
      stderr: "error: which API token? give its UID or name\nhint: `bentocloud api-token list` shows them\n",
    });
    expect(cloud.requests).toEqual([]);
  });

  test("needs --force for the token in use, and says which context can no longer sign in", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const refused = await run(["api-token", "delete", "laptop", "--yes"], { home: here });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe(
      'error: "laptop" is the API token of the context "mine"\n' +
        "hint: --force deletes it anyway; `bentocloud api-token rotate mine` replaces it\n",
    );
    const { code, stderr } = await run(["api-token", "delete", "laptop", "--yes", "--force"], { home: here });
    expect(code).toBe(0);
    expect(stderr).toContain('warning: the context "mine" can no longer sign in\n');
    expect(cloud.tokens).toEqual([]);
  });

  test("needs --force for the token of another context of the endpoint", async () => {
    const cloud = await newCloud();
    const here = home();
    const [mine, other] = [20, 10].map((days) =>
      cloud.issueToken({ name: `t-${days}`, createdAt: ago(days) }),
    );
    writeContexts(here, [
      { name: "mine", endpoint: cloud.url, token: mine! },
      { name: "other", endpoint: `${cloud.url}/`, token: other! },
      { name: "elsewhere", token: other! },
    ]);
    const { code, stderr } = await run(["api-token", "delete", "t-10", "--yes"], { home: here });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('of the context "other"\n'),
    });
  });

  test("needs --force for a token that may be the one in use, and not for one that cannot be it", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.issueToken({ name: "twin", createdAt: cloud.tokens[0]!.createdAt });
    cloud.issueToken({ name: "ci" });
    for (const name of ["laptop", "twin"]) {
      const { code, stderr } = await run(["api-token", "delete", name, "--yes"], { home: here });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr:
          `error: "${name}" may be the API token of the context "mine", created at about the same time\n` +
          "hint: --force deletes it anyway\n",
      });
    }
    const remove = (name: string, ...force: string[]) =>
      run(["api-token", "delete", name, "--yes", ...force], { home: here });
    expect(await remove("ci")).toMatchObject({ code: 0 });
    expect(await remove("twin", "--force")).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["laptop"]);
  });

  test("needs --force for the environment's token", async () => {
    const cloud = await newCloud();
    const env = {
      BENTO_CLOUD_API_KEY: cloud.issueToken({ name: "ci" }),
      BENTO_CLOUD_API_ENDPOINT: cloud.url,
    };
    const { code, stderr } = await run(["api-token", "delete", "ci", "--yes"], { env });
    expect(code).toBe(2);
    expect(stderr).toStartWith(
      'error: "ci" is the API token of BENTO_CLOUD_API_KEY\nhint: --force deletes it anyway\n',
    );
  });

  test.each([
    ["the connection breaks after the server acted", { reset: true }],
    ["the server breaks down after it acted", { status: 500 }],
    ["a proxy answers in its place after it acted", { html: true }],
  ] as const)("succeeds when %s", async (_, plan) => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci" });
    cloud.misbehave("DELETE /api/v1/api_tokens/{uid}", { afterwards: plan });
    const { code, stderr } = await run(["api-token", "delete", "ci", "--yes"], { home: here });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("✓ Deleted") });
    // Also for the token that the check would be sent with.
    const own = await run(["api-token", "delete", "laptop", "--yes", "--force"], { home: here });
    expect({ code: own.code, left: cloud.tokens }).toEqual({ code: 0, left: [] });
  });

  test.each([
    ["the connection breaks before the server acts", { reset: true }, 5],
    ["the server breaks down", { status: 500 }, 5],
    ["the server refuses", { status: 403, body: { message: "no" } }, 4],
    ["the server redirects", { redirect: "/api/v1/version" }, 5],
  ] as const)("fails when %s, and is not repeated", async (_, plan, exit) => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci" });
    cloud.misbehave("DELETE /api/v1/api_tokens/{uid}", plan);
    expect(await run(["api-token", "delete", "ci", "--yes"], { home: here })).toMatchObject({
      code: exit,
      stdout: "",
    });
    // Deno repeats a request without a body by itself.
    if (process.env["BENTOCLOUD_RUNTIME"] !== "deno")
      expect(cloud.requests.filter(({ method }) => method === "DELETE")).toHaveLength(1);
    expect(namesOf(cloud)).toContain("ci");
  });
});
