import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { startProxy, type LocalProxy, type ProxyOptions } from "../support/proxy.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";

sweepCanaries();

const certificates = await makeCertificates();
const authority = { NODE_EXTRA_CA_CERTS: certificates.caFile() };
const secure = await startCloud({ tls: certificates.leaf });
const plain = await startCloud();
const proxies: LocalProxy[] = [];

/** Only the proxy finds this host. */
const SECURE = `https://cloud.test:${secure.port}`;
const PLAIN = `http://cloud.test:${plain.port}`;

afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});
afterAll(() => Promise.all([secure.stop(), plain.stop()]));

async function proxyOf(options?: ProxyOptions): Promise<LocalProxy> {
  const proxy = await startProxy(options);
  proxies.push(proxy);
  return proxy;
}

async function signIn(endpoint: string, env: Record<string, string>) {
  const stdin = (endpoint.startsWith("https") ? secure : plain).issueToken();
  const args = [
    "login",
    "--with-token",
    "--json",
    "--insecure-http",
    "--timeout",
    "5",
    "--endpoint",
    endpoint,
  ];
  const { code, stderr } = await run(args, { stdin, env: { ...authority, ...env }, home: home() });
  const error = code === 0 ? undefined : (JSON.parse(stderr).error as { code: string; message: string });
  return { code, error, token: stdin };
}

describe("https", () => {
  test.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])("goes through %s by CONNECT alone", async (name) => {
    const proxy = await proxyOf();
    const { code, token } = await signIn(SECURE, { [name]: proxy.url });
    expect(code).toBe(0);
    expect(proxy.requests.length).toBeGreaterThan(0);
    for (const request of proxy.requests) {
      expect(request).toMatchObject({ method: "CONNECT", host: "cloud.test", port: secure.port });
      expect(JSON.stringify(request.headers).includes(token)).toBe(false);
    }
    expect(secure.requests.at(-1)?.headers["x-yatai-api-token"] === token).toBe(true);
  });

  test("does not go through HTTP_PROXY", async () => {
    const proxy = await proxyOf();
    const { code, error } = await signIn(SECURE, { HTTP_PROXY: proxy.url });
    expect({ code, error: error?.code, seen: proxy.requests }).toEqual({
      code: 5,
      error: "UNREACHABLE",
      seen: [],
    });
  });

  test("signs in at the proxy with the credentials of the variable", async () => {
    const proxy = await proxyOf({ credentials: { username: "me", password: "pass" } });
    expect((await signIn(SECURE, { HTTPS_PROXY: proxy.url })).code).toBe(0);
  });

  test("says that the proxy refused, and not the server", async () => {
    const proxy = await proxyOf({ credentials: { username: "me", password: "pass" } });
    const { code, error } = await signIn(SECURE, { HTTPS_PROXY: proxy.url.replace("me:pass@", "") });
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "UNREACHABLE" });
    expect(error?.message).toContain("the proxy on the way refuses the connection");
  });

  test("checks the certificate through the tunnel as well", async () => {
    const proxy = await proxyOf();
    const { code, error } = await signIn(SECURE, { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: "" });
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "TLS" });
  });
});

describe("http", () => {
  test.each(["HTTP_PROXY", "http_proxy"])("goes through %s", async (name) => {
    const proxy = await proxyOf();
    expect((await signIn(PLAIN, { [name]: proxy.url })).code).toBe(0);
    expect(proxy.requests.map(({ method, host, path }) => `${method} ${host} ${path}`).toSorted()).toEqual([
      "GET cloud.test /api/v1/auth/current",
      "GET cloud.test /api/v1/current_org",
    ]);
  });

  test("says that the proxy wants a sign-in", async () => {
    const proxy = await proxyOf({ credentials: { username: "me", password: "pass" } });
    const { code, error } = await signIn(PLAIN, { HTTP_PROXY: proxy.url.replace("me:pass@", "") });
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "UNREACHABLE" });
    expect(error?.message).toBe(`the proxy on the way to ${PLAIN} wants a sign-in`);
  });
});

describe("NO_PROXY", () => {
  test.each([
    ["NO_PROXY", "cloud.test"],
    ["no_proxy", "cloud.test"],
    ["NO_PROXY", ".test"],
    ["NO_PROXY", "elsewhere.test, cloud.test"],
    ["NO_PROXY", "*"],
  ])("keeps a host away from the proxy: %s=%s", async (name, value) => {
    const proxy = await proxyOf();
    const { code, error } = await signIn(SECURE, { HTTPS_PROXY: proxy.url, [name]: value });
    expect({ code, error: error?.code, seen: proxy.requests }).toEqual({
      code: 5,
      error: "UNREACHABLE",
      seen: [],
    });
  });

  test("leaves other hosts to the proxy", async () => {
    const proxy = await proxyOf();
    expect((await signIn(SECURE, { HTTPS_PROXY: proxy.url, NO_PROXY: "elsewhere.test" })).code).toBe(0);
    expect(proxy.requests).not.toEqual([]);
  });
});

/** Plain http is allowed there because nothing leaves the machine, which a proxy would make untrue. */
describe("plain http to this machine", () => {
  test.each([
    ["http", () => plain.url, {}],
    ["http, with a NO_PROXY for others", () => plain.url, { NO_PROXY: "elsewhere.test" }],
    ["http, with a no_proxy for others", () => plain.url, { no_proxy: "elsewhere.test" }],
    ["http by name", () => plain.url.replace("127.0.0.1", "localhost"), {}],
  ])("is never reached through a proxy: %s", async (_name, endpoint, env) => {
    const proxy = await proxyOf();
    const all = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url };
    expect((await signIn(endpoint(), { ...all, ...env })).code).toBe(0);
    expect(proxy.requests).toEqual([]);
  });
});
