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
});
