import { afterAll, describe, expect, test } from "bun:test";
import { homeOf, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import type { NewToken } from "../support/cloud/records.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { type LocalProxy, startProxy, type ProxyOptions } from "../support/proxy.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { doctor } from "./doctor.ts";

sweepCanaries();
const startCloud = cloudsPerTest();

const VERSION = "GET /api/v1/version";
const DAY_MS = 24 * 60 * 60 * 1000;

/** A home whose only context, `mine`, has a new token of this server. */
const signedIn = (cloud: LocalCloud, wanted?: NewToken, endpoint = cloud.url) =>
  homeOf({ name: "mine", endpoint, token: cloud.issueToken(wanted) });

const SEQUENCE = new Set(["proxy", "tcp", "tls", "endpoint", "clock", "token", "scope", "expiry"]);

/** The checks of the server that have a line. */
async function look(here: Home, env: Record<string, string> = {}, args: string[] = []) {
  const { code, ids, of } = await doctor(["--timeout", "2", ...args], { home: here, env });
  return { code, ids: ids.filter((id) => SEQUENCE.has(id)), of: (id: string) => of(id)! };
}

describe("doctor: tcp", () => {
  test("names how long a connection takes", async () => {
    const cloud = await startCloud();
    const here = signedIn(cloud, {}, cloud.url.replace("127.0.0.1", "localhost"));
    const { of } = await look(here);
    expect(of("tcp").message).toMatch(new RegExp(`^port ${cloud.port} of localhost answers in \\d+ ms$`));
  });

  test("stops the sequence at a host name that cannot be found", async () => {
    const here = homeOf({ name: "a", endpoint: "https://nowhere.invalid" });
    const { code, ids, of } = await look(here);
    expect({ code, ids }).toEqual({ code: 1, ids: ["tcp"] });
    expect(of("tcp")).toMatchObject({
      status: "fail",
      message: expect.stringMatching(
        /^no connection to port 443 of nowhere\.invalid: its host name is not known \(E\w+/,
      ),
    });
  });

  test("stops the sequence at a port where nothing listens", async () => {
    const cloud = await startCloud();
    const here = signedIn(cloud);
    await cloud.stop();
    const { code, ids, of } = await look(here);
    expect({ code, ids }).toEqual({ code: 1, ids: ["tcp"] });
    expect(of("tcp").message).toBe(
      `no connection to port ${cloud.port} of 127.0.0.1: nothing listens there (ECONNREFUSED)`,
    );
  });
});

describe("doctor: proxy", () => {
  const proxies: LocalProxy[] = [];
  afterAll(() => Promise.all(proxies.map((proxy) => proxy.stop())));
  const proxyOf = async (options?: ProxyOptions) => {
    const proxy = await startProxy(options);
    proxies.push(proxy);
    return proxy;
  };
  /** Only the proxy finds this host. */
  const behind = (cloud: LocalCloud) => signedIn(cloud, {}, `http://cloud.test:${cloud.port}`);

  test.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY"])(
    "every request goes through the one in %s",
    async (name) => {
      const [cloud, proxy] = [await startCloud(), await proxyOf()];
      const { code, ids, of } = await look(behind(cloud), { [name]: proxy.url }, ["--insecure-http"]);
      expect(code).toBe(0);
      expect(ids).toEqual(["proxy", "endpoint", "clock", "token", "scope", "expiry"]);
      expect(of("proxy").message).toStartWith(`requests go through ${proxy.url} (${name}), which answers in`);
      expect(proxy.requests.length).toBeGreaterThan(0);
    },
  );

  test("shows no password of the proxy", async () => {
    const cloud = await startCloud();
    const proxy = await proxyOf({ credentials: { username: "me", password: "s3cret-word" } });
    const { code, of } = await look(behind(cloud), { HTTP_PROXY: proxy.url }, ["--insecure-http"]);
    expect(code).toBe(0);
    expect(of("proxy").message).toContain("with a name and password (HTTP_PROXY)");
    expect(JSON.stringify(of("proxy"))).not.toContain("s3cret-word");
  });

  test("fails at the endpoint where the proxy wants credentials", async () => {
    const cloud = await startCloud();
    const proxy = await proxyOf({ credentials: { username: "me", password: "pass" } });
    const url = proxy.url.replace("me:pass@", "");
    const { code, ids, of } = await look(behind(cloud), { HTTP_PROXY: url }, ["--insecure-http"]);
    expect({ code, ids }).toEqual({ code: 1, ids: ["proxy", "endpoint"] });
    expect(of("endpoint").message).toBe(`the proxy ${url} (HTTP_PROXY) wants credentials`);
  });

  test("stops the sequence at a proxy that cannot be reached", async () => {
    const [cloud, proxy] = [await startCloud(), await startProxy()];
    await proxy.stop();
    const { ids, of } = await look(behind(cloud), { HTTP_PROXY: proxy.url }, ["--insecure-http"]);
    expect(ids).toEqual(["proxy"]);
    expect(of("proxy")).toMatchObject({
      status: "fail",
      message: `the proxy ${proxy.url} (HTTP_PROXY) cannot be reached: nothing listens there (ECONNREFUSED)`,
    });
  });

  test.each([
    ["socks5://127.0.0.1:1", "SOCKS is not supported"],
    ["http://", "its value is not an address"],
    [" ", "its value is not an address"],
  ])("refuses %p, which is no proxy that can be used", async (value, why) => {
    const { ids, of } = await look(behind(await startCloud()), { HTTP_PROXY: value }, ["--insecure-http"]);
    expect(ids).toEqual(["proxy"]);
    expect(of("proxy").message).toBe(`HTTP_PROXY names no proxy that can be used: ${why}`);
  });

  test.each([
    ["NO_PROXY", "cloud.test"],
    ["no_proxy", ".test"],
    ["NO_PROXY", "CLOUD.test:$PORT"],
  ])("connects directly where %s is %s", async (name, value) => {
    const [cloud, proxy] = [await startCloud(), await proxyOf()];
    const env = { HTTP_PROXY: proxy.url, [name]: value.replace("$PORT", String(cloud.port)) };
    const { ids, of } = await look(behind(cloud), env, ["--insecure-http"]);
    expect(ids).toEqual(["proxy", "tcp"]);
    expect(of("proxy").message).toBe(`HTTP_PROXY is set, but ${name} exempts cloud.test`);
    expect(proxy.requests).toEqual([]);
  });

  test("connects directly to plain http on this machine", async () => {
    const [cloud, proxy] = [await startCloud(), await proxyOf()];
    const { ids } = await look(signedIn(cloud), { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" });
    expect(ids[0]).toBe("tcp");
    expect(proxy.requests).toEqual([]);
  });
});

describe("doctor: endpoint", () => {
  test.each(["bentocloud", "yatai"] as const)("recognizes %s by its version", async (dialect) => {
    const cloud = await startCloud({ dialect, prefix: "/team/a" });
    const { code, of } = await look(signedIn(cloud));
    expect(code).toBe(0);
    expect(of("endpoint").message).toBe(`${cloud.url} is BentoCloud or Yatai, version 1.2.3`);
    const asked = cloud.requests.find(({ path }) => path === "/api/v1/version");
    expect(asked?.headers["x-yatai-api-token"]).toBeUndefined();
  });

  test.each([
    ["does not know the question", { status: 404, body: { message: "not found this router" } }],
    ["answers it in another shape", { json: { name: "BentoCloud" } }],
    ["wants a token for it", { status: 401, body: { message: "Bad credentials" } }],
  ])("recognizes a server that %s by what it says of the token", async (_what, plan) => {
    const cloud = await startCloud();
    cloud.misbehave(VERSION, plan);
    const { code, ids, of } = await look(signedIn(cloud));
    expect({ code, last: ids.at(-1) }).toEqual({ code: 0, last: "expiry" });
    expect(of("token").status).toBe("ok");
    expect(of("endpoint").message).toBe(`${cloud.url} is BentoCloud or Yatai, of an unknown version`);
  });

  test("fails where everything is answered with other JSON", async () => {
    const cloud = await startCloud();
    for (const path of ["/api/v1/version", "/api/v1/auth/current", "/api/v1/current_org"])
      cloud.misbehave(`GET ${path}`, { json: { status: "up" } });
    const { code, ids, of } = await look(signedIn(cloud));
    expect({ code, last: ids.at(-1) }).toEqual({ code: 1, last: "endpoint" });
    expect(of("endpoint").message).toContain("is not BentoCloud: it answers with JSON of another shape");
  });

  test("warns where neither a version nor a token tells what answers", async () => {
    const [cloud, here] = [await startCloud(), home()];
    cloud.misbehave(VERSION, { status: 404, body: {} });
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token: "''" }]);
    const { of } = await look(here);
    expect(of("endpoint")).toMatchObject({
      status: "warn",
      message: `${cloud.url} answers, but may not be BentoCloud`,
    });
  });

  test.each([
    ["a page of the guest network", { html: true } as const, "is not BentoCloud: it answers with a web page"],
    ["a server that is down", { status: 503, body: "<h1>down</h1>" }, "answered with HTTP 503"],
    ["half an answer", { brokenJson: true } as const, "is not BentoCloud: it answers with no JSON"],
    ["silence", { silent: true } as const, "did not answer within 2 s"],
    ["a redirect elsewhere", { redirect: "https://other.test/" }, "redirects to https://other.test/"],
  ])("fails with %s", async (_what, plan, says) => {
    const cloud = await startCloud();
    cloud.misbehave(VERSION, plan);
    const { code, ids, of } = await look(signedIn(cloud));
    expect({ code, last: ids.at(-1) }).toEqual({ code: 1, last: "endpoint" });
    expect(of("endpoint").message).toContain(says);
  });

  test("shows a version without what could drive the terminal", async () => {
    const cloud = await startCloud();
    cloud.misbehave(VERSION, {
      json: { version: "\u001b]0;owned\u0007\u001b[31m6.6\u202e\r\n6" + "9".repeat(500) },
    });
    const { stdout } = await run(["doctor", "--verbose"], { home: signedIn(cloud) });
    expect(stdout).toMatch(/version 6\.6 69{10,60}…\n/);
    expect(stdout).not.toMatch(/[\u001b\u0007\u202e\r]|owned/);
  });
});

describe("doctor: clock", () => {
  const at = (ms: number) => ({
    status: 200,
    body: { version: "1.2.3" },
    headers: { date: new Date(Date.now() + ms).toUTCString() },
  });

  test.each([
    [10 * 60_000, /^the clock of this machine is (9|10) ?m\w* behind the server's$/],
    [-10 * 60_000, /^the clock of this machine is (9|10) ?m\w* ahead of the server's$/],
    [3 * DAY_MS, /^the clock of this machine is [23] ?d\w* behind the server's$/],
  ])("warns of a difference of %d ms", async (ms, message) => {
    const cloud = await startCloud();
    cloud.misbehave(VERSION, at(ms));
    const { code, ids, of } = await look(signedIn(cloud));
    expect(of("clock")).toMatchObject({ status: "warn", message: expect.stringMatching(message) });
    expect({ code, last: ids.at(-1) }).toEqual({ code: 0, last: "expiry" });
  });

  test.each([90_000, -90_000])("accepts a difference of %d ms", async (ms) => {
    const cloud = await startCloud();
    cloud.misbehave(VERSION, at(ms));
    expect((await look(signedIn(cloud))).of("clock").status).toBe("ok");
  });

  test("accepts an answer that a cache has kept for a while", async () => {
    const cloud = await startCloud();
    const headers = { ...at(-150_000).headers, age: "150" };
    cloud.misbehave(VERSION, { ...at(0), headers });
    expect((await look(signedIn(cloud))).of("clock").status).toBe("ok");
  });

  test.each([
    { date: "soon" },
    { ...at(0).headers, age: String(Number.MAX_SAFE_INTEGER) },
    { ...at(0).headers, age: String(Number.MIN_SAFE_INTEGER) },
  ])("has no line where the server does not say the time: %p", async (headers) => {
    const cloud = await startCloud();
    cloud.misbehave(VERSION, { status: 200, body: { version: "1" }, headers });
    expect((await look(signedIn(cloud))).ids).not.toContain("clock");
  });
});

describe("doctor: token", () => {
  test.each(["bentocloud", "yatai"] as const)("fails where %s does not accept the token", async (dialect) => {
    const [cloud, here] = [await startCloud({ dialect }), home()];
    writeContexts(here, [{ name: "mine", endpoint: cloud.url }]);
    const { code, ids, of } = await look(here);
    expect({ code, last: ids.at(-1) }).toEqual({ code: 1, last: "token" });
    expect(of("token").message).toContain("does not accept the API token");
    const expired = await look(signedIn(cloud, { expiresAt: new Date(Date.now() - DAY_MS) }));
    expect(expired.code).toBe(1);
    expect(expired.of("token").message).toContain("has expired");
  });

  test("names the variable that holds a rejected token", async () => {
    const cloud = await startCloud();
    const env = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    expect((await look(home(), env)).of("token").hint).toBe(
      "BENTO_CLOUD_API_KEY holds this token: replace it, or unset it",
    );
  });

  test("asks for a login where the context has no token", async () => {
    const [cloud, here] = [await startCloud(), home()];
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token: "''" }]);
    expect((await look(here)).of("token")).toMatchObject({
      status: "fail",
      message: 'the context "mine" has no API token',
      hint: "bentocloud login --context mine",
    });
  });

  test("fails where the token is of somebody else than before", async () => {
    const [cloud, here] = [await startCloud(), home()];
    const login = ["login", "--with-token", "--context", "mine", "--endpoint", cloud.url];
    await run(login, { home: here, stdin: cloud.issueToken() });
    writeContexts(here, [
      { name: "mine", endpoint: cloud.url, token: cloud.issueToken({ email: "other@example.test" }) },
    ]);
    const { code, of } = await look(here);
    expect(code).toBe(1);
    expect(of("token").message).toContain("is now of other@example.test");
  });

  test("fails where the project pins another organization", async () => {
    const cloud = await startCloud();
    const here = signedIn(cloud);
    await Bun.write(`${here.path}/.bentorc`, "organization=elsewhere\n");
    const { code, of } = await look(here);
    expect(code).toBe(1);
    expect(of("token").message).toContain('pins the organization "elsewhere"');
  });
});

describe("doctor: scope and expiry", () => {
  test.each(["bentocloud", "yatai"] as const)("are those of the token in use: %s", async (dialect) => {
    const cloud = await startCloud({ dialect });
    cloud.issueToken({ createdAt: new Date(Date.now() - DAY_MS), scopes: ["read_cluster"], name: "other" });
    const { code, of } = await look(signedIn(cloud));
    expect({ code, scope: of("scope"), expiry: of("expiry") }).toMatchObject({
      code: 0,
      scope: { status: "ok", message: "api" },
      expiry: { status: "ok", message: "the API token does not expire" },
    });
  });

  test("warn of a token that can only read", async () => {
    const cloud = await startCloud();
    const { code, of } = await look(signedIn(cloud, { scopes: ["read_organization", "read_cluster"] }));
    expect({ code, scope: of("scope") }).toMatchObject({
      code: 0,
      scope: {
        status: "warn",
        message: 'read_organization, read_cluster; requests that need the scope "api" are refused',
      },
    });
  });

  test.each(["bentocloud", "yatai"] as const)(
    "a token without the scope to sign in fails: %s",
    async (dialect) => {
      const cloud = await startCloud({ dialect });
      const { code, ids, of } = await look(signedIn(cloud, { scopes: ["read_cluster"] }));
      expect({ code, last: ids.at(-1) }).toEqual({ code: 1, last: "scope" });
      expect(of("token").status).toBe("ok");
      expect(of("scope").message).toContain("lacks a scope");
    },
  );

  test("say little where the server does not say which token it is", async () => {
    const cloud = await startCloud();
    const here = signedIn(cloud);
    cloud.issueToken();
    const { code, ids, of } = await look(here);
    expect({ code, last: ids.at(-1) }).toEqual({ code: 0, last: "scope" });
    expect(of("scope").message).toContain("the server does not list this token's scopes");
    cloud.misbehave("GET /api/v1/api_tokens", { status: 403, body: { message: "no" } });
    expect((await look(signedIn(cloud))).of("scope").status).toBe("ok");
  });

  test.each([
    [30, "ok", /^the API token expires in (29|30) days$/, null],
    [3, "warn", /^the API token expires in [23] days$/, "bentocloud api-token rotate mine"],
  ])("an expiry in %d days is %s", async (days, status, message, hint) => {
    const cloud = await startCloud();
    const times = {
      expiresAt: new Date(Date.now() + days * DAY_MS),
      createdAt: new Date(Date.now() - 60 * DAY_MS),
    };
    const { code, of } = await look(signedIn(cloud, times));
    expect(code).toBe(0);
    expect(of("expiry")).toMatchObject({ status, message: expect.stringMatching(message), hint });
  });

  test("fail where the token has expired by this clock", async () => {
    const cloud = await startCloud();
    const here = signedIn(cloud, { expiresAt: new Date(Date.now() + DAY_MS) });
    cloud.misbehave("GET /api/v1/api_tokens", {
      json: {
        total: 1,
        items: [
          { uid: "u", name: "t", scopes: [], created_at: new Date(), expired_at: "2020-01-01T00:00:00Z" },
        ],
      },
    });
    const { code, of } = await look(here);
    expect({ code, expiry: of("expiry") }).toMatchObject({
      code: 1,
      expiry: { status: "fail", hint: "bentocloud login --context=mine" },
    });
  });
});
