import { describe, expect, test } from "bun:test";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, start, type Home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

const ERROR =
  'the context "prod" was signed in to as me@example.test in acme, but its API token is now of them@example.test in globex';
const HINT = "if that is right, sign in once more: bentocloud login --context prod";

const issue = (cloud: LocalCloud, who: "me" | "them") =>
  cloud.issueToken({ email: `${who}@example.test`, organization: who === "me" ? "acme" : "globex" });

async function login(cloud: LocalCloud, here: Home, name: string, token: string, flags: string[] = []) {
  const args = ["login", "--with-token", "--endpoint", cloud.url, `--context=${name}`, ...flags];
  expect(await run(args, { home: here, stdin: token })).toMatchObject({ code: 0 });
}

/** `prod` was signed in to here as me, and `dev` is beside it. */
async function signedIn(cloud: LocalCloud): Promise<{ here: Home; token: string }> {
  const here = home();
  const token = issue(cloud, "me");
  writeContexts(here, [{ name: "dev" }]);
  await login(cloud, here, "prod", token);
  return { here, token };
}

/** As another program does, which does not change our memory. */
function replace(here: Home, from: string | RegExp, to: string): void {
  const before = here.read();
  here.write(before.replace(from, to));
  expect(here.read()).not.toBe(before);
}

const remove = (here: Home, name: string) =>
  replace(here, new RegExp(`- api_token: .*\\n  email: .*\\n  endpoint: .*\\n  name: "?${name}"?\\n`), "");

describe("a token that another program put under a context's name", () => {
  test("of somebody else is reported by `status`, as text and in the shape of its JSON", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    replace(here, token, issue(cloud, "them"));
    const text = await run(["status"], { home: here });
    expect(text).toMatchObject({ code: 4, stderr: `hint: ${HINT}\n` });
    expect(text.stdout).toEndWith(`verdict       valid\nreason        ${ERROR}\n`);
    const json = await run(["status", "--json"], { home: here });
    expect(json).toMatchObject({ code: 4, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({
      verdict: "valid",
      identity_mismatch: true,
      email: "them@example.test",
      reason: ERROR,
    });
  });

  test.each(["exec --check -- echo ran", "whoami", "api-token rotate"])(
    "of somebody else is refused by `%s`",
    async (words) => {
      const args = words.split(" ");
      const cloud = await startCloud();
      const { here, token } = await signedIn(cloud);
      replace(here, token, issue(cloud, "them"));
      const before = here.read();
      for (let repeated = 0; repeated < 2; repeated += 1)
        expect(await run(args, { home: here })).toMatchObject({
          code: 4,
          stdout: "",
          stderr: `error: ${ERROR}\nhint: ${HINT}\n`,
        });
      expect(here.read()).toBe(before);
      expect(cloud.requests.every(({ method }) => method === "GET")).toBe(true);
      const json = await run([args[0]!, "--json", ...args.slice(1)], { home: here });
      const error = { code: "PIN_MISMATCH", message: ERROR, exit_code: 4 };
      expect(JSON.parse(json.stderr).error).toMatchObject(error);
    },
  );

  test("of somebody else is marked by `status --all`, which reports on the others as usual", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    writeContexts(here, [
      { name: "prod", endpoint: cloud.url, token: issue(cloud, "them") },
      { name: "good", endpoint: cloud.url, token },
    ]);
    const { code, stdout, stderr } = await run(["status", "--all"], { home: here });
    expect({ code }).toEqual({ code: 4 });
    expect(stdout).toMatch(/prod +globex +them@example.test +- +valid\n/);
    expect(stderr).toContain(`prod: ${ERROR}\n`);
    const json = await run(["status", "--all", "--json"], { home: here });
    expect(JSON.parse(json.stdout).contexts).toMatchObject([
      { name: "prod", verdict: "valid", identity_mismatch: true, reason: ERROR },
      { name: "good", verdict: "valid", identity_mismatch: false, reason: null },
    ]);
  });

  test("of the same person is accepted, and of somebody else by signing in with it", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    const [mine, theirs] = [issue(cloud, "me"), issue(cloud, "them")];
    replace(here, token, mine);
    const { code, stdout } = await run(["status", "--json"], { home: here });
    expect({ code, mismatch: JSON.parse(stdout).identity_mismatch }).toEqual({ code: 0, mismatch: false });
    replace(here, mine, theirs);
    await login(cloud, here, "prod", theirs);
    expect(await run(["status"], { home: here })).toMatchObject({ code: 0 });
  });

  test("of somebody else is still refused after the list said when it expires", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    replace(here, token, issue(cloud, "them"));
    expect(await run(["api-token", "list"], { home: here })).toMatchObject({ code: 0 });
    expect(await run(["status"], { home: here })).toMatchObject({ code: 4 });
  });

  test("of somebody else is refused by a command that asks the server for a pin of the project", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    replace(here, token, issue(cloud, "them"));
    const cwd = `${here.path}/project`;
    writeBelow(cwd, ".bentorc", "context=prod\norganization=globex\n");
    const refused = await run(["token"], { home: here, cwd });
    expect(refused).toMatchObject({
      code: 4,
      stdout: "",
      stderr: `error: ${ERROR}\nhint: ${HINT} --no-use\n`,
    });
  });

  test("is no mismatch when the server does not say whose it is", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    replace(here, token, cloud.issueToken({ scopes: ["read_cluster"] }));
    const { code, stdout } = await run(["status"], { home: here });
    expect({ code }).toEqual({ code: 4 });
    expect(stdout).toContain("verdict   forbidden\n");
  });
});

describe("a name that another login takes over has no memory of the login before it:", () => {
  const STEPS: [what: string, take: (cloud: LocalCloud, here: Home) => Promise<void>][] = [
    [
      "an editor removes it, and another context is renamed to it",
      async (cloud, here) => {
        await login(cloud, here, "other", issue(cloud, "them"));
        remove(here, "prod");
        await run(["context", "rename", "other", "prod"], { home: here });
      },
    ],
    [
      "an editor removes it, and somebody else signs in under it",
      async (cloud, here) => {
        remove(here, "prod");
        await login(cloud, here, "prod", issue(cloud, "them"));
      },
    ],
    [
      "logout, and another program signs in under it",
      async (cloud, here) => {
        await run(["logout", "prod"], { home: here });
        writeContexts(here, [{ name: "prod", endpoint: cloud.url, token: issue(cloud, "them") }]);
      },
    ],
    [
      "its login is renamed, and another program signs in under it",
      async (cloud, here) => {
        await run(["context", "rename", "prod", "old"], { home: here });
        writeContexts(here, [{ name: "prod", endpoint: cloud.url, token: issue(cloud, "them") }]);
      },
    ],
    [
      "`login --force`, and `restore` brings the earlier login back",
      async (cloud, here) => {
        await login(cloud, here, "spare", issue(cloud, "me"), ["--no-use"]);
        const { stdout } = await run(["restore", "--json"], { home: here });
        await login(cloud, here, "prod", issue(cloud, "them"), ["--force"]);
        const versions = JSON.parse((await run(["restore", "--json"], { home: here })).stdout).versions;
        expect(versions.length).toBeGreaterThan(JSON.parse(stdout).versions.length);
        expect(await run(["restore", versions[0].id], { home: here })).toMatchObject({ code: 0 });
      },
    ],
    [
      "`restore` of a version without it, and another program signs in under it",
      async (cloud, here) => {
        const versions = JSON.parse((await run(["restore", "--json"], { home: here })).stdout).versions;
        expect(await run(["restore", versions.at(-1).id], { home: here })).toMatchObject({ code: 0 });
        expect(here.read()).not.toContain("prod");
        writeContexts(here, [{ name: "prod", endpoint: cloud.url, token: issue(cloud, "them") }]);
      },
    ],
  ];

  test.each(STEPS)("%s", async (_, take) => {
    const cloud = await startCloud();
    const { here } = await signedIn(cloud);
    await take(cloud, here);
    for (let repeated = 0; repeated < 2; repeated += 1)
      expect(await run(["status", "--context", "prod"], { home: here })).toMatchObject({ code: 0 });
  });

  test("somebody else signs in under it while the server is asked whose the earlier login is", async () => {
    const cloud = await startCloud();
    const { here } = await signedIn(cloud);
    cloud.misbehave("GET /api/v1/auth/current", { lateMs: 1_500 }, { times: 1 });
    const slow = start(["status"], { home: here });
    await cloud.seen("GET /api/v1/auth/current", 2);
    await login(cloud, here, "prod", issue(cloud, "them"), ["--force"]);
    expect((await slow.result).stdout).toContain("me@example.test");
    expect(await run(["status"], { home: here })).toMatchObject({ code: 0 });
  });

  test.each(["__proto__", "constructor", "toString"])("also a name like %s", async (name) => {
    const cloud = await startCloud();
    const here = home();
    await login(cloud, here, name, issue(cloud, "me"));
    const status = () => run(["status", "--json"], { home: here });
    expect(JSON.parse((await status()).stdout)).toMatchObject({ name, organization: "acme" });
    replace(here, /api_token: .*/, `api_token: ${issue(cloud, "them")}`);
    expect(await status()).toMatchObject({
      code: 4,
      stdout: expect.stringContaining(`"identity_mismatch": true`),
    });
    await login(cloud, here, name, issue(cloud, "them"), ["--force"]);
    expect(await status()).toMatchObject({ code: 0 });
    await run(["context", "rename", name, "plain"], { home: here });
    expect(JSON.parse((await status()).stdout)).toMatchObject({ name: "plain", organization: "globex" });
  });
});
