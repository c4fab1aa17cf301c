import { describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS + 60_000);

const issue = (cloud: LocalCloud, expiresAt: Date, age = 100) =>
  cloud.issueToken({ name: "laptop", expiresAt, createdAt: new Date(Date.now() - age * DAY_MS) });

/** A home with the context `mine`, whose token expires at that time. Nothing has asked the server for the time yet. */
async function signedIn(cloud: LocalCloud, expiresAt: Date, age?: number): Promise<Home> {
  const here = home();
  const token = issue(cloud, expiresAt, age);
  const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", "mine"];
  expect((await run(args, { home: here, stdin: token })).code).toBe(0);
  return here;
}

const USING = [
  ["status"],
  ["status", "--offline"],
  ["whoami"],
  ["use", "mine"],
  ["exec", "--", "true"],
  ["env"],
  ["api", "/api/v1/current_org"],
  ["api-token", "list"],
];

describe("the expiry of an API token", () => {
  test("causes a warning in the last seven days, without a request", async () => {
    const cloud = await startCloud();
    const end = inDays(6);
    const here = await signedIn(cloud, end);
    const silent = await run(["exec", "--", "true"], { home: here });
    expect(silent).toMatchObject({ code: 0, stderr: "" });
    await run(["api-token", "list"], { home: here });
    const before = cloud.requests.length;
    const warning = 'warning: the API token of the context "mine" expires in 6 days\n';
    expect(await run(["exec", "--", "true"], { home: here })).toMatchObject({
      code: 0,
      stderr: `${warning}hint: bentocloud api-token rotate mine\n`,
    });
    expect(cloud.requests.length).toBe(before);
    for (const args of USING) {
      const { code, stderr } = await run(args, { home: here, reveals: args[0] === "env" });
      expect({ args, code, warned: stderr.includes(warning) }).toEqual({ args, code: 0, warned: true });
      for (const flag of ["--quiet", "--json"]) {
        const silent = await run([flag, ...args], { home: here, reveals: args[0] === "env" });
        expect(silent.stderr).toBe("");
      }
    }
    const status = await run(["status", "--json"], { home: here });
    expect(JSON.parse(status.stdout)).toMatchObject({ expires_at: end.toISOString() });
  });

  test.each([
    ["no warning eight days before it", { left: 8, age: 100, warns: false }],
    ["no warning in the first four fifths of a short life", { left: 2.5, age: 9, warns: false }],
    ["a warning in the last fifth of a short life", { left: 2, age: 9, warns: true }],
  ])("causes %s", async (_, { left, age, warns }) => {
    const cloud = await startCloud();
    const here = await signedIn(cloud, inDays(left), age);
    await run(["api-token", "list"], { home: here });
    const { stderr } = await run(["exec", "--", "true"], { home: here });
    expect(stderr.includes("expires")).toBe(warns);
  });

  test("is asked of the server by `status` where nobody has seen it yet, and remembered", async () => {
    const cloud = await startCloud();
    const end = inDays(3);
    const here = await signedIn(cloud, end);
    for (let count = 0; count < 2; count += 1) {
      const { stdout } = await run(["status", "--json"], { home: here });
      expect(JSON.parse(stdout).expires_at).toBe(end.toISOString());
    }
    cloud.expect("GET /api/v1/api_tokens", 1);
    expect((await run(["exec", "--", "true"], { home: here })).stderr).toContain("expires");
  });

  test("is not waited for until --timeout", async () => {
    const cloud = await startCloud();
    const here = await signedIn(cloud, inDays(3));
    cloud.misbehave("GET /api/v1/api_tokens", { silent: true });
    const began = Date.now();
    const { code, stdout } = await run(["status", "--json"], { home: here });
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, verdict: "valid", expires_at: null });
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  test("is judged by the server's clock where it says so", async () => {
    const cloud = await startCloud();
    const here = await signedIn(cloud, inDays(8));
    expect((await run(["status"], { home: here })).stderr).toBe("");
    const date = inDays(3).toUTCString();
    const body = { name: "me", email: "me@example.test" };
    cloud.misbehave("GET /api/v1/auth/current", { status: 200, body, headers: { date } });
    expect((await run(["status"], { home: here })).stderr).toContain("warning: the API token of the context");
  });

  test("that has passed causes a warning with the login command", async () => {
    const cloud = await startCloud();
    const end = new Date(Date.now() + 1_500);
    const here = await signedIn(cloud, end);
    await run(["api-token", "list"], { home: here });
    while (Date.now() <= end.getTime()) await Bun.sleep(50);
    expect((await run(["exec", "--", "true"], { home: here })).stderr).toMatch(
      /^warning: the API token of the context "mine" expired \d+ seconds? ago\nhint: bentocloud login --context mine\n$/,
    );
    const chosen = await run(["--context", "mine", "exec", "--", "true"], { home: here });
    expect(chosen.stderr).toEndWith("hint: bentocloud login --context mine --no-use\n");
  });

  test("is remembered when a token is created here, and when it is updated", async () => {
    const cloud = await startCloud();
    const here = await signedIn(cloud, inDays(100));
    const create = ["api-token", "create", "short", "--expires", "2d", "--login", "next"];
    expect((await run(create, { home: here, reveals: true })).code).toBe(0);
    const seen = async () => {
      const { stdout } = await run(["status", "--offline", "--json"], { home: here });
      return Math.round((Date.parse(JSON.parse(stdout).expires_at) - Date.now()) / DAY_MS);
    };
    expect(await seen()).toBe(2);
    await run(["api-token", "update", "short", "--expires", "30d"], { home: here });
    expect(await seen()).toBe(30);
  });

  test("is updated when the token is rotated", async () => {
    const cloud = await startCloud();
    const here = await signedIn(cloud, inDays(3));
    await run(["api-token", "list"], { home: here });
    expect((await run(["api-token", "rotate", "--expires", "90d"], { home: here })).code).toBe(0);
    expect((await run(["exec", "--", "true"], { home: here })).stderr).toBe("");
  });

  test("is not remembered for Python's login in a home where we have no files", async () => {
    const cloud = await startCloud();
    const here = home();
    const token = issue(cloud, inDays(3));
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token }]);
    await run(["api-token", "list"], { home: here });
    expect(here.tree().filter((path) => path.includes(".bentocloud"))).toEqual([]);
  });
});
