import { afterAll, describe, expect, test } from "bun:test";
import { until } from "../support/until.ts";
import { MASKED, startProxyTo, TOKEN } from "./support.ts";

const MIB = 1024 * 1024;

/** More than Bun's own limit for a body. */
const LARGE = 160 * MIB;

const upstream = Bun.serve<{ path: string; key: string | null }>({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  async fetch(request, server) {
    const { pathname } = new URL(request.url);
    const data = { path: pathname, key: request.headers.get("x-yatai-api-token") };
    const asked = request.headers.get("sec-websocket-protocol");
    const headers = asked ? { "Sec-WebSocket-Protocol": asked.split(", ").at(-1)! } : {};
    if (pathname.startsWith("/ws/refused")) return new Response("no", { status: 403 });
    if (server.upgrade(request, { data, headers })) return undefined;
    if (pathname === "/quiet") return quiet();
    if (request.method === "GET") return new Response(new Uint8Array(LARGE));
    if (pathname === "/cut") return swallow(request);
    let bytes = 0;
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
    return Response.json({ bytes, length: request.headers.get("content-length") });
  },
  websocket: {
    open(socket) {
      socket.send(`hello ${socket.data.key} ${socket.data.path}`);
      if (socket.data.path === "/ws/closes") socket.close(4001, `bye ${socket.data.key}`);
    },
    message(socket, data) {
      socket.send(data);
    },
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

  test(
    "may be quiet for longer than a server's usual patience",
    async () => expect(await (await proxy.ask("/quiet")).text()).toBe("first second"),
    20_000,
  );
});

interface Socket {
  messages: string[];
  socket: WebSocket;
  closed: Promise<CloseEvent>;
}

function open(path: string, headers: Record<string, string> = {}, protocols: string[] = []): Socket {
  const options = { headers: { "X-YATAI-API-TOKEN": proxy.key, ...headers }, protocols };
  const socket = new WebSocket(proxy.url.replace("http", "ws") + path, options as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const messages: string[] = [];
  socket.addEventListener("message", ({ data }) => void messages.push(Buffer.from(data).toString()));
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  return { messages, socket, closed };
}

describe("WebSockets", () => {
  test("pass messages both ways, without the API token in them", async () => {
    const { messages, socket, closed } = open("/ws/v1/clusters/c/tail?a=1", {}, ["one", "two"]);
    await until("one message", () => messages.length === 1);
    expect(socket.protocol).toBe("two");
    socket.send("text");
    socket.send(new TextEncoder().encode(`bytes ${TOKEN}`));
    await until("three messages", () => messages.length === 3);
    expect(messages).toEqual([`hello ${MASKED} /ws/v1/clusters/c/tail`, "text", `bytes ${MASKED}`]);
    socket.close(1000, "done");
    expect((await closed).code).toBe(1000);
  });

  test("pass on why the server closes", async () => {
    const { messages, closed } = open("/ws/closes");
    const { code, reason } = await closed;
    expect({ code, reason, messages }).toEqual({
      code: 4001,
      reason: `bye ${MASKED}`,
      messages: [`hello ${MASKED} /ws/closes`],
    });
  });

  test.each<[what: string, path: string, headers: Record<string, string>]>([
    ["without the key", "/ws/x", { "X-YATAI-API-TOKEN": "" }],
    ["from another site", "/ws/x", { Origin: "https://evil.test" }],
    ["to API tokens", "/ws/api_tokens", {}],
    ["that the server refuses", "/ws/refused", {}],
  ])("%s are not opened", async (_, path, headers) => {
    const { messages, closed } = open(path, headers);
    await closed;
    expect(messages).toEqual([]);
  });
});
