import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { echoPerTest } from "../support/echo.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();
const startCloud = cloudsPerTest();
const startEcho = echoPerTest();

/** The request for a path, where the endpoint has a prefix. */
async function ask(toPath: (origin: string) => string, prefix = "/team/a", args: string[] = []) {
  const echo = await startEcho();
  const here = homeOf({ name: "mine", endpoint: `${echo.url}${prefix}/` });
  const result = await run(["api", toPath(echo.url), "--json", ...args], { home: here });
  const error = result.stderr === "" ? undefined : (JSON.parse(result.stderr).error as { code: string });
  return { code: result.code, error: error?.code, urls: echo.seen.map(({ url }) => url) };
}

describe("a path", () => {
  test.each([
    ["/api/v1/x", "/team/a/api/v1/x"],
    ["api/v1/x", "/team/a/api/v1/x"],
    ["/", "/team/a/"],
    ["/x?a=b&c=%2f", "/team/a/x?a=b&c=%2f"],
    ["/x/../y", "/team/a/y"],
    ["/x/%2e%2E/y", "/team/a/y"],
    ["/x/a%2fb", "/team/a/x/a%2fb"],
    ["/x/a b é", "/team/a/x/a%20b%20%C3%A9"],
    ["/x/https://y", "/team/a/x/https://y"],
  ])("%p is sent as %p", async (path, url) => {
    expect(await ask(() => path)).toEqual({ code: 0, error: undefined, urls: [url] });
  });

  test.each([
    ["/../b"],
    ["/../aa/x"],
    ["/x/../../../b"],
    ["/%2e%2e/b"],
    ["/.%2E/b"],
    ["/..%2fb"],
    ["/x/..%2F..%2fb"],
    ["/..%5cb"],
    ["/%2e%2e%2fb"],
  ])("%p does not lead out of the endpoint's prefix", async (path) => {
    expect(await ask(() => path)).toEqual({ code: 4, error: "HOST_MISMATCH", urls: [] });
  });

  test.each([[""], ["/x#y"], ["/..\\b"], ["/x\ny"], ["/x\ty"], ["\\\\evil.test/x"]])(
    "%p is a usage error",
    async (path) => {
      expect(await ask(() => path)).toEqual({ code: 2, error: "USAGE", urls: [] });
    },
  );
});

describe("an address", () => {
  test("below the endpoint is accepted", async () => {
    const answer = await ask((origin) => `${origin}/team/a/x?y=z`);
    expect(answer).toEqual({ code: 0, error: undefined, urls: ["/team/a/x?y=z"] });
  });

  test.each([
    ["another host", () => "https://evil.test/team/a/x"],
    ["no scheme", (origin: string) => `${origin.replace("http:", "")}/elsewhere`],
    ["another port", () => "http://127.0.0.1:1/team/a/x"],
    ["another scheme", (origin: string) => origin.replace("http:", "https:") + "/team/a/x"],
    ["another prefix", (origin: string) => `${origin}/team/b/x`],
    ["a prefix that only begins alike", (origin: string) => `${origin}/team/ab/x`],
    ["a step upward", (origin: string) => `${origin}/team/a/../b`],
    ["a user name", (origin: string) => `${origin.replace("//", "//me@")}/team/a/x`],
    ["the host as a user name", (origin: string) => `${origin}@evil.test/team/a/x`],
    ["a file", () => "file:///etc/passwd"],
    ["no host", () => "http://"],
  ])("with %s is HOST_MISMATCH, and nothing is sent", async (_name, toPath) => {
    expect(await ask(toPath)).toEqual({ code: 4, error: "HOST_MISMATCH", urls: [] });
  });

  test("is shown without its query in the error", async () => {
    const token = canary();
    const here = homeOf("mine");
    const { stderr } = await run(["api", `https://e.test/x?t=${token}`], { home: here });
    expect(stderr).toStartWith("error: https://e.test/x is not below https://mine.test; nothing was sent\n");
  });
});

describe("redirects", () => {
  const POST = "POST /api/v2/deployments";
  const body = ["-f", "name=n", "-f", "bento=b:1"];
  const signedIn = async () => {
    const cloud = await startCloud();
    const here = homeOf({ name: "mine", endpoint: cloud.url, token: cloud.issueToken() });
    return { cloud, api: (args: string[]) => run(["api", ...args], { home: here }) };
  };

  test.each([307, 308])("%i repeats a POST with its body", async (status) => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(POST, { redirect: "/api/v2/deployments?again", status }, { times: 1 });
    const stdout = "n\n";
    expect(await api(["/api/v2/deployments", ...body, "-q", ".name"])).toMatchObject({ code: 0, stdout });
    expect(cloud.requests.map(({ method, body }) => [method, body])).toEqual([
      ["POST", '{"name":"n","bento":"b:1"}'],
      ["POST", '{"name":"n","bento":"b:1"}'],
    ]);
  });

  test("303 turns a POST into a GET of its result", async () => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(POST, { redirect: "/api/v1/info", status: 303 });
    expect(await api(["/api/v2/deployments", ...body, "-q", ".is_saas"])).toMatchObject({ stdout: "true\n" });
    expect(cloud.requests.map(({ method, body }) => [method, body])).toEqual([
      ["POST", '{"name":"n","bento":"b:1"}'],
      ["GET", ""],
    ]);
  });

  test.each([301, 302])("%i does not turn a POST into a GET", async (status) => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(POST, { redirect: "/api/v1/info", status });
    const { code, stdout, stderr } = await api(["/api/v2/deployments", ...body, "--json"]);
    expect({ code, stdout, requests: cloud.requests.length }).toEqual({ code: 5, stdout: "", requests: 1 });
    expect(JSON.parse(stderr).error.code).toBe(`API_${status}`);
  });

  test("are followed for a GET with a slash too many", async () => {
    const { api } = await signedIn();
    expect(await api(["/api/v1/api_tokens/", "-q", ".total"])).toMatchObject({ code: 0, stdout: "1\n" });
  });

  test("to another host are not followed, for a POST either", async () => {
    const { cloud, api } = await signedIn();
    const elsewhere = await startEcho();
    cloud.misbehave(POST, { redirect: `${elsewhere.url}/x`, status: 307 });
    const { code } = await api(["/api/v2/deployments", ...body]);
    expect({ code, seen: elsewhere.seen }).toEqual({ code: 4, seen: [] });
  });
});

describe("pins", () => {
  const project = async (rc: string) => {
    const cloud = await startCloud();
    const here = homeOf({ name: "mine", endpoint: cloud.url, token: cloud.issueToken() });
    writeBelow(join(here.path, "project"), ".bentorc", rc);
    const options = { home: here, cwd: join(here.path, "project") };
    return { cloud, api: (args: string[]) => run(["api", ...args, "--json"], options) };
  };
  const STOPPED = { code: 4, error: "PIN_MISMATCH", seen: [] };
  const codeOf = (stderr: string) => JSON.parse(stderr).error.code as string;

  test("of another endpoint stop the request", async () => {
    const { cloud, api } = await project("endpoint=https://pinned.test\n");
    const { code, stderr } = await api(["/api/v1/info"]);
    expect({ code, error: codeOf(stderr), seen: cloud.requests }).toEqual(STOPPED);
  });

  test("of another organization stop the request after the server was asked for the organization", async () => {
    const { cloud, api } = await project("organization=other\n");
    const { code, stdout, stderr } = await api(["-X", "DELETE", "/api/v2/deployments/x"]);
    expect({ code, stdout, error: codeOf(stderr) }).toEqual({ code: 4, stdout: "", error: "PIN_MISMATCH" });
    expect(new Set(cloud.requests.map(({ path }) => path))).toEqual(
      new Set(["/api/v1/auth/current", "/api/v1/current_org"]),
    );
  });

  test("of the right organization let the request pass", async () => {
    const { api } = await project("organization=acme\n");
    expect(await api(["/api/v1/info", "-q", ".is_saas"])).toMatchObject({ code: 0, stdout: "true\n" });
  });

  test.each([
    [["/api/v1/info", "-H", "x-yatai-organization: other"]],
    [["/api/v1/info?organization_name=other"]],
    [["/api/v1/info", "-X", "GET", "-f", "organization_name=other"]],
  ])("also apply to an organization that the request names: %p", async (args) => {
    const { cloud, api } = await project("organization=acme\n");
    const { code, stderr } = await api(args);
    expect({ code, error: codeOf(stderr), seen: cloud.requests }).toEqual(STOPPED);
  });

  test("are not checked for an address that the token must not be sent to", async () => {
    const { cloud, api } = await project("organization=other\n");
    const { stderr } = await api(["https://evil.test/"]);
    expect({ error: codeOf(stderr), seen: cloud.requests }).toEqual({ error: "HOST_MISMATCH", seen: [] });
  });
});

describe("the context", () => {
  test("is chosen by --context or the environment, like in every command", async () => {
    const echo = await startEcho();
    const here = home();
    const [stored, ci] = [canary(), canary()];
    writeContexts(here, [{ name: "mine" }, { name: "other", endpoint: echo.url, token: stored }]);
    await run(["api", "/x", "--context", "other"], { home: here });
    const env = { BENTO_CLOUD_API_KEY: ci, BENTO_CLOUD_API_ENDPOINT: echo.url };
    await run(["api", "/x"], { home: home(), env });
    expect(echo.seen.map(({ headers }) => headers["x-yatai-api-token"] === stored)).toEqual([true, false]);
    expect(echo.seen[1]?.headers["x-yatai-api-token"] === ci).toBe(true);
  });

  test("that does not exist is NOT_LOGGED_IN", async () => {
    expect(await run(["api", "/x"])).toMatchObject({ code: 4, stdout: "" });
  });

  test("over plain http to another machine needs --insecure-http", async () => {
    const here = homeOf({ name: "mine", endpoint: "http://cloud.test" });
    const { code, stderr } = await run(["api", "/x"], { home: here });
    expect(code).toBe(2);
    expect(stderr).toContain("--insecure-http");
  });
});
