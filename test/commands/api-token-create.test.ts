import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home, run, start } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

function signedIn(cloud: LocalCloud): Home {
  const here = home();
  writeContexts(here, [
    {
      name: "mine",
      endpoint: cloud.url,
      token: cloud.issueToken({ name: "laptop" }),
      email: "me@example.test",
    },
  ]);
  return here;
}

const create = (here: Home, args: string[], options = {}) =>
  run(["api-token", "create", ...args], { home: here, reveals: "stdout", ...options });
const CREATE = "POST /api/v1/api_tokens";
const sentTo = (cloud: LocalCloud) =>
  cloud.requests.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body));

describe("api-token create", () => {
  test.each(["bentocloud", "yatai"] as const)(
    "on %s: prints only the token on stdout, and creates it with the scope `api` by default",
    async (dialect) => {
      const cloud = await newCloud({ dialect });
      const here = signedIn(cloud);
      const { code, stdout, stderr } = await create(here, ["ci"]);
      const [, made] = cloud.tokens;
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: `${made!.value}\n`,
        stderr: `✓ Created the API token "ci" (${made!.uid}): api, never expires\n`,
      });
      expect(sentTo(cloud)).toEqual([{ name: "ci", description: "", scopes: ["api"] }]);
      expect(cloud.requests.map(({ method }) => method)).toEqual(["POST"]);
    },
  );

  test("sends scopes, description and an expiry with its zone", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    const before = Date.now();
    const args = ["ci", "--scope", "read_cluster", "--scope=api", "--scope", "api", "--description", 'é "x"'];
    expect(await create(here, [...args, "--expires", "30d"])).toMatchObject({ code: 0 });
    const [sent] = sentTo(cloud);
    expect(sent).toEqual({
      name: "ci",
      description: 'é "x"',
      scopes: ["read_cluster", "api"],
      expired_at: expect.any(String),
    });
    expect(sent.expired_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const end = Date.parse(sent.expired_at) - 30 * 86_400_000;
    expect(end).toBeGreaterThanOrEqual(before);
    expect(end).toBeLessThanOrEqual(Date.now());
    const { headers } = cloud.requests.find(({ method }) => method === "POST")!;
    expect(headers["content-type"]).toBe("application/json");
  });

  test("--json: prints one object with the token", async () => {
    const cloud = await newCloud();
    const { code, stdout, stderr } = await create(signedIn(cloud), [
      "ci",
      "--json",
      "--scope",
      "x",
      "--force",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [, made] = cloud.tokens;
    expect(JSON.parse(stdout)).toMatchObject({
      uid: made!.uid,
      name: "ci",
      scopes: ["x"],
      expires_at: null,
      api_token: made!.value,
    });
  });

  test("prints the token on a terminal too, because the user asked for it", async () => {
    const cloud = await newCloud();
    const terminal = openTerminal(["api-token", "create", "ci"], { home: signedIn(cloud), reveals: true });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).toContain(cloud.tokens[1]!.value);
  });

  test.each([
    [["Bad_Name"], "cannot name an API token"],
    [["x".repeat(64)], "cannot name an API token"],
    [["ci", "--scope", "admin"], 'unknown scope "admin"'],
    [["ci", "--scope", ""], "a scope has a name"],
    [["ci", "--expires", "30m"], "is not a time"],
    [["ci", "--expires", "1999-12-31"], "not in the future"],
    [["ci", "--no-use"], "--no-use goes with --login"],
    [["ci", "--login", "__env__"], "cannot name a context"],
    [["ci", "--login=--x"], "cannot name a context"],
    [[], "needs <name>"],
  ])("%p is a usage error, and nothing is sent", async (args, words) => {
    const cloud = await newCloud();
    const { code, stdout, stderr } = await create(signedIn(cloud), args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(words) });
    expect(cloud.requests).toEqual([]);
  });

  test.each(["bentocloud", "yatai"] as const)("on %s: refuses a name that is taken", async (dialect) => {
    const cloud = await newCloud({ dialect });
    const { code, stdout, stderr } = await create(signedIn(cloud), ["laptop"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr:
        'error: there is an API token "laptop" already\nhint: choose another name; `bentocloud api-token list` shows the taken ones\n',
    });
  });

  test.each([
    ["a broken connection", { afterwards: { reset: true } }, "UNREACHABLE", 5],
    ["a server that breaks down", { afterwards: { status: 502, body: "<p>gateway</p>" } }, "API_502", 5],
    ["half an answer", { afterwards: { brokenJson: true } }, "NOT_BENTOCLOUD", 5],
    ["a success without a token", { status: 200, body: { uid: "u", name: "ci" } }, "NOT_BENTOCLOUD", 5],
  ] as const)(
    "%s: says that the token may have been created, and does not repeat the request",
    async (_, plan, code, exit) => {
      const cloud = await newCloud({ dialect: "yatai" });
      cloud.misbehave(CREATE, plan);
      const result = await create(signedIn(cloud), ["ci", "--json"]);
      expect(result).toMatchObject({ code: exit, stdout: "" });
      const { error } = JSON.parse(result.stderr);
      expect(error).toMatchObject({
        code,
        hint: expect.stringContaining("`bentocloud api-token delete ci`"),
      });
      expect(sentTo(cloud)).toHaveLength(1);
    },
  );

  test.each([
    ["400 after it was created", { error: "ToApiTokenSchema: get user: unexpected EOF" }, 400, "API_400"],
    ["403 after it was created", { message: "not today" }, 403, "TOKEN_REJECTED"],
  ])("%s: says that there is a token now", async (_, body, status, code) => {
    const cloud = await newCloud({ dialect: "yatai" });
    cloud.misbehave(CREATE, { afterwards: { status, body } });
    const here = signedIn(cloud);
    const result = await create(here, ["ci", "--json"]);
    expect(result).toMatchObject({ code: code === "API_400" ? 5 : 4, stdout: "" });
    const { uid } = cloud.tokens[1]!;
    expect(JSON.parse(result.stderr).error).toMatchObject({
      code,
      message: expect.stringContaining(`; the API token "ci" (${uid}) was created anyway`),
      hint: "nobody knows its secret: `bentocloud api-token delete ci`",
    });
    const other = await create(here, ["other", "--context", "mine"]);
    expect(other.stderr).toContain(
      "hint: nobody knows its secret: `bentocloud api-token delete other --context=mine`",
    );
  });

  test("a token of that name from before is not taken for the new one", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = signedIn(cloud);
    cloud.issueToken({ name: "ci", createdAt: new Date(Date.now() - 60_000) });
    cloud.misbehave(CREATE, { reset: true });
    const { code, stderr } = await create(here, ["ci"]);
    expect(code).toBe(5);
    expect(stderr).toContain(`; the API token "ci" (${cloud.tokens[1]!.uid}) is there\n`);
    expect(stderr).toContain("if this request created it, nobody knows its secret: ");
  });

  test("a refusal: does not say that the token may have been created", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    cloud.misbehave(CREATE, { status: 403, body: { message: "get api token: record not found" } });
    const { code, stderr } = await create(signedIn(cloud), ["ci"]);
    expect(code).toBe(4);
    expect(stderr).not.toContain("may have been created");
  });

  test("Ctrl-C before the answer: says that the token may have been created", async () => {
    const cloud = await newCloud();
    cloud.misbehave(CREATE, { afterwards: { silent: true } });
    const running = start(["api-token", "create", "ci"], { home: signedIn(cloud) });
    await cloud.seen(CREATE);
    running.kill("SIGINT");
    const { code, stderr } = await running.result;
    expect(code).toBe(130);
    expect(stderr).toContain("the server may have carried it out already\n");
    expect(stderr).toContain("`bentocloud api-token delete ci`");
  });

  test("a closed pipe: names the token that nobody saw, unless it was saved as a login", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const { programCommand } = await import("../support/program.ts");
    const line = '"$@" | true; exit "${PIPESTATUS[0]}"';
    const command = ["bash", "-c", line, "bash", ...programCommand()];
    for (const args of [["ci"], ["cd", "--json"]]) {
      const { code, stderr } = await run(["api-token", "create", ...args], { home: here, command });
      expect(code).toBe(6);
      expect(stderr).toContain(`\`bentocloud api-token delete ${args[0]}\``);
    }
    const login = await run(["api-token", "create", "new", "--login", "new"], { home: here, command });
    expect({ code: login.code, yaml: here.read() }).toEqual({
      code: 0,
      yaml: expect.stringContaining(cloud.tokens.at(-1)!.value),
    });
  });

  test.skipIf(process.platform !== "linux")(
    "a full disk behind stdout: names the token that nobody saw",
    async () => {
      const cloud = await newCloud();
      const here = signedIn(cloud);
      const { programCommand } = await import("../support/program.ts");
      const command = ["sh", "-c", 'exec "$@" > /dev/full', "sh", ...programCommand()];
      const { code, stderr } = await run(["api-token", "create", "ci"], { home: here, command });
      expect(code).toBe(6);
      expect(stderr).toContain("`bentocloud api-token delete ci`");
    },
  );
});

describe("api-token create --login", () => {
  const stateOf = (here: Home) =>
    JSON.parse(readFileSync(join(here.bentoml, ".bentocloud/state.json"), "utf8"));

  test("saves the token as the current context, and remembers its uid", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const { code, stdout, stderr } = await create(here, ["ci", "--login", "robot"]);
    const made = cloud.tokens.find(({ name }) => name === "ci")!;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${made.value}\n` });
    expect(stderr).toContain('Saved as context "robot", now current');
    expect(here.read()).toContain(
      `- api_token: ${made.value}\n  email: me@example.test\n  endpoint: ${cloud.url}\n  name: robot\n`,
    );
    expect(stateOf(here).identities).toMatchObject({ robot: { organization: "acme", token_uid: made.uid } });
    const asked = cloud.requests.filter(({ path }) => path === "/api/v1/auth/current");
    expect(asked.map(({ headers }) => headers["x-yatai-api-token"] === made.value)).toEqual([true]);
  });

  test("keeps the uid after a `status`, and forgets it when another token is saved", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    await create(here, ["ci", "--login", "robot"]);
    const { uid } = cloud.tokens.find(({ name }) => name === "ci")!;
    await run(["status"], { home: here });
    expect(stateOf(here).identities).toMatchObject({ robot: { token_uid: uid } });
    const stdin = cloud.issueToken({ name: "other" });
    await run(["login", "--with-token", "--endpoint", cloud.url, "--context", "robot"], {
      home: here,
      stdin,
    });
    expect(stateOf(here).identities.robot.token_uid).toBeUndefined();
  });

  test("--no-use keeps the current context", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    expect(await create(here, ["ci", "--login", "robot", "--no-use"])).toMatchObject({ code: 0 });
    expect(here.read()).toContain("current_context_name: mine\n".replace("mine", '"mine"'));
  });

  test("uses the endpoint of the environment's credential", async () => {
    const cloud = await newCloud({ prefix: "/team/a" });
    const here = home();
    const env = { BENTO_CLOUD_API_KEY: cloud.issueToken(), BENTO_CLOUD_API_ENDPOINT: `${cloud.url}/` };
    expect(await create(here, ["ci", "--login", "robot"], { env })).toMatchObject({ code: 0 });
    expect(here.read()).toContain(`endpoint: ${cloud.url}\n  name: robot\n`);
  });

  test("creates no token when the context belongs to another endpoint or person", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const theirs = cloud.issueToken({ email: "you@example.test" });
    const entries = [
      { name: "mine", endpoint: cloud.url, token: cloud.tokens[0]!.value, email: "me@example.test" },
      { name: "elsewhere", token: canary() },
      { name: "yours", endpoint: cloud.url, token: theirs, email: "you@example.test" },
    ];
    writeContexts(here, entries);
    for (const name of ["elsewhere", "yours"]) {
      const { code, stdout, stderr } = await create(here, ["ci", "--login", name]);
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("--force"),
      });
    }
    const words = ["ci", "--login", "elsewhere", "--scope", "read_cluster", "--expires", "1d", "--no-use"];
    expect((await create(here, ["--context", "mine", ...words])).stderr).toContain(
      "to keep both: bentocloud api-token create ci --login elsewhere-2 --context=mine --scope=read_cluster --expires=1d --no-use; ",
    );
    expect(sentTo(cloud)).toEqual([]);
    expect(await create(here, ["ci", "--login", "elsewhere", "--force"])).toMatchObject({ code: 0 });
    expect(here.read()).not.toContain("elsewhere.test");
  });

  test("prints a token that cannot see its organization, and does not save it", async () => {
    const cloud = await newCloud();
    const here = signedIn(cloud);
    const before = here.read();
    const { code, stdout, stderr } = await create(here, [
      "ci",
      "--scope",
      "read_cluster",
      "--login",
      "robot",
    ]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: `${cloud.tokens[1]!.value}\n` });
    expect(stderr).toContain("error: created, but not saved as a context: ");
    expect(stderr).toContain("`bentocloud api-token delete ci`");
    expect(here.read()).toBe(before);
  });
});
