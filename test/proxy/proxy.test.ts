import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { MASKED, startProxyTo, TOKEN } from "./support.ts";

interface Seen {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

const seen: Seen[] = [];
let plan: (request: Request) => Response | Promise<Response> = () => Response.json({ ok: true });
const upstream = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    seen.push({ method: request.method, path: pathname + search, headers, body: await request.text() });
    return plan(request);
  },
});
afterAll(() => upstream.stop(true));
beforeEach(() => {
  seen.length = 0;
  plan = () => Response.json({ ok: true });
});

const proxy = startProxyTo(`http://127.0.0.1:${upstream.port}/team/a`);

describe("a request", () => {
  test("gets the API token, and loses every credential of its own", async () => {
    const headers = {
      Authorization: "Bearer other",
      Cookie: "session=1",
      "Proxy-Authorization": "Basic eDp5",
      "X-Forwarded-For": "10.0.0.1",
      Forwarded: "for=10.0.0.1",
      Range: "bytes=0-4",
      "User-Agent": "python-httpx/0.28.1",
      "X-Bentoml-Version": "1.4.40",
      "X-Yatai-Organization": "acme",
      "Content-Type": "application/json",
    };
    const response = await proxy.ask("/api/v2/deployments?cluster=&a=%2F", {
      method: "POST",
      headers,
      body: "{}",
    });
    expect(await response.json()).toEqual({ ok: true });
    const [{ headers: sent, ...rest }] = seen as [Seen];
    expect(rest).toEqual({ method: "POST", path: "/team/a/api/v2/deployments?cluster=&a=%2F", body: "{}" });
    expect(sent["x-yatai-api-token"] === TOKEN).toBe(true);
    expect(Object.keys(sent).toSorted()).toEqual([
      "accept",
      "accept-encoding",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-bentoml-version",
      "x-yatai-api-token",
      "x-yatai-organization",
    ]);
    expect(sent["accept-encoding"]).toBe("identity");
  });

  test("that is refused never gets to the server", async () => {
    expect((await proxy.ask("/api/v1/api_tokens")).status).toBe(403);
    expect((await fetch(`${proxy.url}/api/v2/deployments`)).status).toBe(401);
    expect(seen).toEqual([]);
  });

  test("to delete may have a body", async () => {
    expect((await proxy.ask("/files", { method: "DELETE", body: '["a"]' })).status).toBe(200);
    expect(seen[0]).toMatchObject({ method: "DELETE", body: '["a"]' });
  });

  test("that is not finished does not stop others", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 200 }, () =>
        Bun.connect({
          hostname: "127.0.0.1",
          port: proxy.port,
          socket: { open: (one) => void one.write("GET / HT"), data() {} },
        }),
      ),
    );
    expect((await proxy.ask("/x")).status).toBe(200);
    for (const socket of sockets) socket.end();
  });

  test("is logged without its query and its secrets", async () => {
    proxy.log.length = 0;
    await (await proxy.ask("/api/v2/deployments?a=1")).text();
    expect(proxy.log).toEqual([
      { method: "GET", path: "/api/v2/deployments", status: 200, ms: expect.any(Number) },
    ]);
  });
});

describe("an answer", () => {
  test("has no cookies and opens nothing to other sites", async () => {
    plan = () =>
      new Response("x", {
        status: 201,
        headers: {
          "Set-Cookie": "a=b",
          "Access-Control-Allow-Origin": "*",
          "X-Other": "kept",
          "Content-Type": "text/plain",
        },
      });
    const response = await proxy.ask("/x");
    expect(response.status).toBe(201);
    expect([...response.headers.keys()].filter((name) => !/^(date|content-|transfer-)/.test(name))).toEqual([
      "x-other",
    ]);
  });

  test("shows the API token nowhere", async () => {
    plan = ({ headers }) => {
      const token = headers.get("x-yatai-api-token")!;
      const body = new ReadableStream({
        async start(controller) {
          for (const character of `<${token}>`.repeat(3)) {
            controller.enqueue(new TextEncoder().encode(character));
            await Bun.sleep(0);
          }
          controller.close();
        },
      });
      return new Response(body, {
        headers: { "X-Echo": `a ${token} b`, [`X-${token}`]: "name", "X-Length": "1" },
      });
    };
    const response = await proxy.ask("/x");
    expect(response.headers.get("x-echo")).toBe(`a ${MASKED} b`);
    expect([...response.headers].flat().join(" ").toLowerCase()).not.toContain(TOKEN);
    expect(await response.text()).toBe(`<${MASKED}>`.repeat(3));
  });

  test("to HEAD keeps its length", async () => {
    plan = () => new Response("12345");
    const response = await proxy.ask("/x", { method: "HEAD" });
    expect([response.headers.get("content-length"), await response.text()]).toEqual(["5", ""]);
  });

  test("that the API token is refused is passed on, and said once", async () => {
    plan = () => Response.json({ message: "Bad credentials" }, { status: 401 });
    for (const path of ["/x", "/y"])
      expect(await (await proxy.ask(path)).json()).toEqual({ message: "Bad credentials" });
    expect(proxy.warnings).toEqual([expect.stringContaining("the server rejects the API token")]);
  });

  test("that does not come because nothing listens is a 502 with the reason", async () => {
    const dead = startProxyTo("http://127.0.0.1:9");
    const response = await dead.ask("/x");
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({
      message: "bentocloud proxy: http://127.0.0.1:9 cannot be reached: nothing listens there",
    });
  });

  test("that never comes is no longer waited for when the client goes away", async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    plan = ({ signal }) => {
      signal.addEventListener("abort", () => end());
      ask();
      return new Promise(() => {});
    };
    const stop = new AbortController();
    const response = proxy.ask("/x", { signal: stop.signal }).catch(() => "stopped");
    await asked;
    stop.abort();
    expect(await response).toBe("stopped");
    await ended;
  });

  test("comes while it is written, and a client that goes away ends it", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    plan = () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            controller.enqueue(new TextEncoder().encode("line\n"));
            await Bun.sleep(20);
          },
          cancel: () => resolve(),
        }),
      );
    const stop = new AbortController();
    const response = await proxy.ask("/x", { signal: stop.signal });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toStartWith("line\n");
    stop.abort();
    await reader.read().catch(() => {});
    await ended;
  });
});
