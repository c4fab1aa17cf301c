import { afterAll, describe, expect, test } from "bun:test";
import { until } from "../support/until.ts";
import { MASKED, startProxyTo, TOKEN } from "./support.ts";

const MIB = 1024 * 1024;

const flood = { started: false, closed: false };

const upstream = Bun.serve<{ path: string; key: string | null }>({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    const data = { path: pathname, key: request.headers.get("x-yatai-api-token") };
    const asked = request.headers.get("sec-websocket-protocol");
    const headers = asked ? { "Sec-WebSocket-Protocol": asked.split(", ").at(-1)! } : {};
    if (pathname.startsWith("/ws/refused")) return new Response("no", { status: 403 });
    return server.upgrade(request, { data, headers }) ? undefined : new Response("no", { status: 404 });
  },
  websocket: {
    async open(socket) {
      const { path, key } = socket.data;
      if (path === "/ws/split") for (const part of [key!.slice(0, 9), key!.slice(9)]) socket.send(part);
      else if (path === "/ws/letters") for (const letter of key!) socket.send(letter);
      else if (path === "/ws/flood") {
        flood.started = true;
        while (!flood.closed) {
          socket.send(new Uint8Array(MIB));
          await Bun.sleep(1);
        }
      } else socket.send(`hello ${key} ${path}`);
      if (path === "/ws/closes") socket.close(4001, `bye ${key}`);
    },
    message(socket, data) {
      socket.send(data);
    },
    close: ({ data }) => void (flood.closed ||= data.path === "/ws/flood"),
  },
});
afterAll(() => upstream.stop(true));

/** Opens a WebSocket and reads nothing of it. */
const deaf = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, data) {
      const [, key] = /sec-websocket-key: (.*)\r/i.exec(data.toString()) ?? [];
      if (key === undefined) return;
      const hash = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${hash.digest("base64")}\r\n\r\n`,
      );
      socket.pause();
    },
  },
});
afterAll(() => deaf.stop(true));

/** Takes connections and never answers. */
const silent = { opened: 0, closed: 0 };
const mute = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data: () => void (silent.opened += 1),
    close: () => void (silent.closed += 1),
  },
});
afterAll(() => mute.stop(true));

const proxy = startProxyTo(`http://127.0.0.1:${upstream.port}`);

interface Socket {
  messages: string[];
  socket: WebSocket;
  closed: Promise<CloseEvent>;
}

function open(
  path: string,
  headers: Record<string, string> = {},
  protocols: string[] = [],
  { url, key } = proxy,
): Socket {
  const options = { headers: { "X-YATAI-API-TOKEN": key, ...headers }, protocols };
  const socket = new WebSocket(url.replace("http", "ws") + path, options as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const messages: string[] = [];
  socket.addEventListener("message", ({ data }) => void messages.push(Buffer.from(data).toString()));
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  return { messages, socket, closed };
}

function handshake(port: number, key: string, path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-YATAI-API-TOKEN: ${key}\r\n` +
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
    "Sec-WebSocket-Version: 13\r\n\r\n"
  );
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

  test.each([
    ["/ws/split", 2, "*".repeat(9) + "*".repeat(11)],
    ["/ws/letters", TOKEN.length, TOKEN.slice(0, 5) + "*".repeat(15)],
  ])("%s: do not show an API token that %i messages share", async (path, count, expected) => {
    const { messages, socket } = open(path);
    await until("all messages", () => messages.length === count);
    expect(messages.join("")).toBe(expected);
    socket.close();
  });

  test("that the server does not answer are given up with the client", async () => {
    const { port, key } = startProxyTo(`http://127.0.0.1:${mute.port}`);
    const client = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    client.write(handshake(port, key, "/ws/x"));
    await until("the server is asked", () => silent.opened === 1);
    client.terminate();
    await until("the server's connection is closed", () => silent.closed === 1);
  });

  test("are closed when the server reads too slowly", async () => {
    const { socket, closed } = open("/ws/x", {}, [], startProxyTo(`http://127.0.0.1:${deaf.port}`));
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    for (let sent = 0; sent < 400 && socket.readyState === WebSocket.OPEN; sent += 1) {
      socket.send(new Uint8Array(MIB));
      await Bun.sleep(1);
    }
    expect((await closed).code).toBe(1013);
  });

  test("are closed when the client reads too slowly", async () => {
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port: proxy.port,
      socket: { open: (socket) => void socket.pause(), data() {} },
    });
    client.write(handshake(proxy.port, proxy.key, "/ws/flood"));
    await until("the server sends", () => flood.started);
    await until("the server's side is closed", () => flood.closed);
    client.terminate();
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
