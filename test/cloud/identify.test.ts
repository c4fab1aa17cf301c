import { afterEach, describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { startCloud, type LocalCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const USER = "GET /api/v1/auth/current";
const ORGANIZATION = "GET /api/v1/current_org";

let cloud: LocalCloud;
afterEach(() => cloud.stop());

async function signIn(stdin: string, args: string[] = []) {
  const here = home();
  const argv = ["login", "--endpoint", cloud.url, "--with-token", ...args];
  const result = await run(argv, { home: here, stdin });
  return { ...result, saved: here.tree().length > 0, home: here };
}

/** Signs in at a server that answers the request for the user by this plan. */
async function signInTo(plan: Parameters<LocalCloud["misbehave"]>[1]) {
  cloud = await startCloud();
  cloud.misbehave(USER, plan);
  const { code, stderr, saved } = await signIn(cloud.issueToken(), ["--json", "--timeout", "5"]);
  const error = code === 0 ? undefined : (JSON.parse(stderr).error as { code: string; message: string });
  return { code, error, saved };
}

describe("status codes", () => {
  test.each([200, 201])("%i is success", async (status) => {
    const body = { name: "me", email: "me@example.test" };
    expect(await signInTo({ status, body })).toEqual({ code: 0, error: undefined, saved: true });
  });

  test.each([
    ["401 with message", 401, { message: "go away" }, 4, "TOKEN_REJECTED"],
    ["401 with error", 401, { error: "go away" }, 4, "TOKEN_REJECTED"],
    ["403 with message", 403, { message: "go away" }, 4, "TOKEN_REJECTED"],
    ["403 with error", 403, { error: "go away" }, 4, "TOKEN_REJECTED"],
    ["expired, as Yatai says it", 403, { message: "the api token is expired: go away" }, 4, "TOKEN_EXPIRED"],
    ["a scope is missing", 400, { error: "the api_token need the scopes: go away" }, 4, "FORBIDDEN"],
    ["400", 400, { error: "go away" }, 5, "API_400"],
    ["418", 418, { error: "go away" }, 5, "API_418"],
    ["501", 501, { error: "go away" }, 5, "API_501"],
  ])("%s", async (_name, status, body, exit, code) => {
    const { error, saved, ...result } = await signInTo({ status, body });
    expect({ ...result, error: error?.code, saved }).toEqual({ code: exit, error: code, saved: false });
    expect(error?.message).toContain("go away");
  });

  test.each([401, 403])("%i without a body is an authentication answer too", async (status) => {
    expect(await signInTo({ status })).toMatchObject({ code: 4, error: { code: "TOKEN_REJECTED" } });
  });

  test("a gateway's error page means that the server is down", async () => {
    const page = "<html><h1>502 Bad Gateway</h1></html>";
    const error = { code: "API_502" };
    expect(await signInTo({ status: 502, body: page })).toMatchObject({ code: 5, error });
  });

  test.each([302, 304])("%i without a target is not a success", async (status) => {
    expect(await signInTo({ status })).toMatchObject({ code: 5, error: { code: `API_${status}` } });
  });
});

test("a server that goes away between the two questions is UNREACHABLE", async () => {
  cloud = await startCloud({ dialect: "yatai" });
  cloud.misbehave(USER, { delayMs: 0 }, { times: 1 });
  for (const route of [USER, ORGANIZATION]) cloud.misbehave(route, { reset: true });
  const { code, stderr } = await signIn(cloud.issueToken(), ["--timeout", "0.5"]);
  expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("it closed the connection") });
});

test("a user without an e-mail can sign in", async () => {
  cloud = await startCloud({ dialect: "yatai" });
  cloud.misbehave(USER, { json: { name: "robot", email: null } });
  const { code, stdout, home: here } = await signIn(cloud.issueToken(), ["--json"]);
  expect({ code, email: JSON.parse(stdout).email }).toEqual({ code: 0, email: null });
  expect(here.read()).toContain("  email: null\n");
});

describe("server text", () => {
  const refuse = async (message: string, args: string[] = []) => {
    cloud = await startCloud();
    cloud.misbehave(USER, { status: 403, body: { message } });
    return signIn(cloud.issueToken(), args);
  };

  test.each([
    ["colours", "a\u001B[1;31mb\u001B[0mc", "abc"],
    ["line ends", "one\ntwo\r\nthree", "one two three"],
    ["bidi", "a\u202Eb\u2066c\u2069\u200Fd\u061C", "abcd"],
  ])("loses %s", async (_name, message, shown) => {
    const { stderr } = await refuse(message);
    expect(stderr.split("\n")[0]).toBe(`error: ${cloud.url} does not accept the API token: ${shown}`);
    await cloud.stop();
    const json = await refuse(message, ["--json"]);
    expect(JSON.parse(json.stderr).error.message).toEndWith(`: ${shown}`);
  });

  test("is capped", async () => {
    const { stderr } = await refuse("x".repeat(100_000));
    expect(stderr.split("\n")[0]).toEndWith("xxx…");
    expect(stderr.length).toBeLessThan(1000);
  });

  test("never repeats the token", async () => {
    cloud = await startCloud();
    const stdin = cloud.issueToken();
    const cut = `${stdin.slice(0, 9)}\u001B[m${stdin.slice(9)}`;
    for (const text of [`bad: ${stdin}`, `${"x".repeat(292)}${stdin}`, cut]) {
      cloud.misbehave(USER, { status: 403, body: { message: text } }, { times: 1 });
      const { code, stderr } = await signIn(stdin, ["--debug"]);
      expect(code).toBe(4);
      expect(stderr).toContain("****");
    }
    cloud.verify();
  });

  test("is made safe in names too, on the screen and in the file", async () => {
    cloud = await startCloud();
    cloud.misbehave(USER, { json: { name: "me", email: "me\u001B[31m@\u202Eexample.test\n" } });
    cloud.misbehave(ORGANIZATION, { json: { name: "\u001B]0;x\u0007acme\u0000" } });
    const { code, stderr, home: here } = await signIn(cloud.issueToken());
    expect(code).toBe(0);
    expect(stderr).toContain(`as me@example.test in \ufffdacme\ufffd\n`);
    expect(here.read()).toContain("  email: me@example.test\n");
  });
});
