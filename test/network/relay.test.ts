import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { home, start, type Running } from "../support/bin.ts";
import { startProxy, type LocalProxy, type ProxyOptions } from "../support/proxy.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { makeCertificates, type Certificate } from "../support/tls.ts";

sweepCanaries();

const certificates = await makeCertificates();
const ca = certificates.caFile();
const key = canary();

function serve(tls: Certificate | undefined) {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(tls && { tls }),
    fetch(request, server) {
      if (request.headers.get("x-yatai-api-token") !== key) return new Response("no", { status: 401 });
      return server.upgrade(request) ? undefined : Response.json({ host: request.headers.get("host") });
    },
    websocket: { open: (socket) => void socket.send("hello"), message() {} },
  });
}

const secure = serve(certificates.leaf);
const wrong = serve(certificates.otherHost);
const plain = serve(undefined);
const started: Running[] = [];
const proxies: LocalProxy[] = [];
afterEach(async () => {
  for (const running of started.splice(0)) running.kill("SIGINT");
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});
afterAll(() => Promise.all([secure, wrong, plain].map((server) => server.stop(true))));

async function proxyOf(options?: ProxyOptions): Promise<LocalProxy> {
  const proxy = await startProxy(options);
  proxies.push(proxy);
  return proxy;
}

/** What a request and a WebSocket get through `bentocloud proxy` to this endpoint. */
async function through(endpoint: string, env: Record<string, string> = {}) {
  const login = { BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: endpoint };
  const running = start(["proxy", "--json", "--insecure-http"], { home: home(), env: { ...login, ...env } });
  started.push(running);
  await running.waitFor("}\n");
  const access = JSON.parse(running.stdout) as { endpoint: string; api_key: string };
  const headers = { "X-YATAI-API-TOKEN": access.api_key };
  const response = await fetch(`${access.endpoint}/x`, { headers });
  const options = { headers } as unknown as string[];
  const socket = new WebSocket(`${access.endpoint.replace("http", "ws")}/ws`, options);
  const message = await new Promise<string>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(String(data)));
    socket.addEventListener("close", () => resolve("closed"));
    socket.addEventListener("error", () => resolve("closed"));
  });
  socket.close();
  return { status: response.status, answer: (await response.json()) as Record<string, string>, message };
}

describe("requests and WebSockets of `bentocloud proxy`", () => {
  test.each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])("trust the authority in %s", async (name) => {
    const { status, message } = await through(`https://127.0.0.1:${secure.port}`, { [name]: ca });
    expect({ status, message }).toEqual({ status: 200, message: "hello" });
  });

  test.each([
    ["of an unknown authority", () => secure, {}],
    ["for another host", () => wrong, { NODE_EXTRA_CA_CERTS: ca }],
    ["that is not to be checked", () => secure, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }],
  ])("refuse a certificate %s", async (_, server, env) => {
    const { status, answer, message } = await through(`https://127.0.0.1:${server().port}`, env);
    expect({ status, message }).toEqual({ status: 502, message: "closed" });
    expect(answer["message"]).toContain("certificate");
  });

  test("look up localhost nowhere", async () => {
    const { status, answer, message } = await through(`http://localhost:${plain.port}`, {
      HTTP_PROXY: "http://127.0.0.1:9",
    });
    expect({ status, message, answer }).toEqual({
      status: 200,
      message: "hello",
      answer: { host: `localhost:${plain.port}` },
    });
  });

  test("go through HTTPS_PROXY, with its credentials, in a tunnel", async () => {
    const proxy = await proxyOf({ credentials: { username: "ada", password: canary() } });
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: ca, NO_PROXY: "other.test" };
    const { status, message } = await through(`https://cloud.test:${secure.port}`, env);
    expect({ status, message }).toEqual({ status: 200, message: "hello" });
    expect(proxy.requests.map(({ method, host }) => `${method} ${host}`)).toEqual([
      "CONNECT cloud.test",
      "CONNECT cloud.test",
    ]);
  });

  test("go through HTTP_PROXY", async () => {
    const proxy = await proxyOf();
    const { status, message } = await through(`http://cloud.test:${plain.port}`, { HTTP_PROXY: proxy.url });
    expect({ status, message }).toEqual({ status: 200, message: "hello" });
    expect(proxy.requests.every(({ host }) => host === "cloud.test")).toBe(true);
    expect(proxy.requests).toHaveLength(2);
  });
});
