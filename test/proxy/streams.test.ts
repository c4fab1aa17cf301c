import { afterAll, describe, expect, test } from "bun:test";
import { until } from "../support/until.ts";
import { startProxyTo } from "./support.ts";

const MIB = 1024 * 1024;

/** More than Bun's own limit for a body. */
const LARGE = 160 * MIB;

const upstream = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/quiet") return quiet();
    if (pathname === "/endless") return endless();
    if (request.method === "GET") return new Response(new Uint8Array(LARGE));
    if (pathname === "/cut") return swallow(request);
    let bytes = 0;
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
    return Response.json({ bytes, length: request.headers.get("content-length") });
  },
});
afterAll(() => upstream.stop(true));

/** Bun closes a quiet stream after 10 s unless it is told otherwise. */
function quiet(): Response {
  return new Response(
    new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("first "));
        await Bun.sleep(13_000);
        controller.enqueue(new TextEncoder().encode("second"));
        controller.close();
      },
    }),
  );
}

let pulled = 0;

function endless(): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        pulled += MIB;
        controller.enqueue(new Uint8Array(MIB));
      },
    }),
  );
}

const cut = { started: false, failed: false };

async function swallow(request: Request): Promise<Response> {
  try {
    for await (const _ of request.body as unknown as AsyncIterable<Uint8Array>) cut.started = true;
  } catch {
    cut.failed = true;
  }
  return new Response("end");
}

/** Ends each connection in the middle of an answer. */
const breaking = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket) {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf \r\n");
      setTimeout(() => socket.terminate(), 100);
    },
  },
});
afterAll(() => breaking.stop(true));

const proxy = startProxyTo(`http://127.0.0.1:${upstream.port}`);

describe("bodies", () => {
  test("of more than 128 MiB are sent, with their length", async () => {
    const response = await proxy.ask("/x", { method: "PUT", body: new Uint8Array(LARGE) });
    expect(await response.json()).toEqual({ bytes: LARGE, length: String(LARGE) });
  });

  test("of unknown length are sent", async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(MIB));
        controller.close();
      },
    });
    const response = await proxy.ask("/x", { method: "POST", body });
    expect(await response.json()).toEqual({ bytes: MIB, length: null });
  });

  test("of more than 128 MiB are received", async () => {
    let bytes = 0;
    const response = await proxy.ask("/x");
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
    expect(bytes).toBe(LARGE);
  });

  test("that the server breaks off do not look complete", async () => {
    const response = await startProxyTo(`http://127.0.0.1:${breaking.port}`).ask("/x");
    expect(response.status).toBe(200);
    expect(await response.text().catch(() => "broken")).toBe("broken");
  });

  test("that the client breaks off do not look complete", async () => {
    const stop = new AbortController();
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new Uint8Array(1000));
        await Bun.sleep(50);
      },
    });
    const ended = proxy.ask("/cut", { method: "POST", body, signal: stop.signal }).catch(() => "stopped");
    await until("the server has the request", () => cut.started);
    stop.abort();
    expect(await ended).toBe("stopped");
    await until("the server sees the request fail", () => cut.failed);
  });

  test("that the client does not read are not read from the server", async () => {
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port: proxy.port,
      socket: { open: (socket) => void socket.pause(), data() {} },
    });
    client.write(
      `GET /endless HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\nX-YATAI-API-TOKEN: ${proxy.key}\r\n\r\n`,
    );
    await until("the server is asked for data", () => pulled > 0);
    for (let count = 0; count < 5; count += 1) await (await proxy.ask("/x")).arrayBuffer();
    client.terminate();
    expect(pulled).toBeLessThan(64 * MIB);
  });

  test(
    "may be quiet for longer than a server's usual patience",
    async () => expect(await (await proxy.ask("/quiet")).text()).toBe("first second"),
    20_000,
  );
});
