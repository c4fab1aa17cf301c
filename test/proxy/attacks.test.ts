import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { startProxyTo, statusOf, TOKEN } from "./support.ts";

interface Seen {
  path: string;
  headers: Record<string, string>;
  body: string;
}

const seen: Seen[] = [];
const upstream = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    seen.push({ path: pathname + search, headers, body: await request.text() });
    return Response.json({ ok: true });
  },
});
afterAll(() => upstream.stop(true));
beforeEach(() => void seen.splice(0));

const proxy = startProxyTo(`http://127.0.0.1:${upstream.port}/team/a`);

describe("a request", () => {
  const host = () => `Host: 127.0.0.1:${proxy.port}\r\nX-YATAI-API-TOKEN: ${proxy.key}\r\n`;
  const get = (target: string, headers = "") => `GET ${target} HTTP/1.1\r\n${host()}${headers}\r\n`;
  const post = (headers: string, body: string) => `POST / HTTP/1.1\r\n${host()}${headers}\r\n\r\n${body}`;
  const chunked = (body: string) => post("Transfer-Encoding: chunked", body);
  const socket = (headers: string) =>
    get("/ws", `Connection: Upgrade\r\nUpgrade: websocket\r\n${headers}Sec-WebSocket-Version: 13\r\n`);

  test.each<[what: string, text: () => string, status: number | "closed"]>([
    ["a whole address as the target", () => get("http://evil.test/x"), 200],
    ["an address with https", () => get("https://evil.test/x"), 200],
    ["an address with a user", () => get("http://a@evil.test/x"), 200],
    ["an address of API tokens", () => get("http://evil.test/api/v1/api_tokens"), 403],
    ["two slashes and a host as the target", () => get("//evil.test/x"), 400],
    ["backslashes and a host as the target", () => get("\\\\evil.test\\x"), 400],
    ["a user as the target", () => get("@evil.test/x"), 400],
    ["no slash", () => get("x"), 400],
    ["nothing as the target", () => get(""), 400],
    ["bytes that are no text in the target", () => get("/\xe9\xff"), 400],
    ["a fragment", () => get("/x#/api/v1/api_tokens"), 200],
    ["line ends in the query", () => get("/x?a=%0d%0aX-Evil:1"), 200],
    ["the key in the query", () => get(`/x?key=${proxy.key}`), 400],
    ["CONNECT", () => `CONNECT evil.test:443 HTTP/1.1\r\n${host()}\r\n`, 405],
    ["TRACE", () => `TRACE / HTTP/1.1\r\n${host()}\r\n`, 405],
    ["OPTIONS *", () => `OPTIONS * HTTP/1.1\r\n${host()}\r\n`, 400],
    ["another host", () => get("/").replace("Host: 127.0.0.1", "Host: evil.test"), 421],
    ["two hosts", () => `GET / HTTP/1.1\r\nHost: evil.test\r\n${host()}\r\n`, 421],
    ["no host", () => `GET / HTTP/1.1\r\nX-YATAI-API-TOKEN: ${proxy.key}\r\n\r\n`, 400],
    ["another origin", () => get("/", "Origin: http://evil.test\r\n"), 403],
    ["two origins", () => get("/", `Origin: ${proxy.url}\r\nOrigin: http://evil.test\r\n`), 403],
    ["no key", () => `GET / HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`, 401],
    ["two keys", () => get("/", `X-Yatai-Api-Token: ${proxy.key}\r\n`), 401],
    ["its key named by Connection", () => get("/", "Connection: X-YATAI-API-TOKEN\r\n"), 200],
    ["two lengths", () => post("Content-Length: 1\r\nContent-Length: 2", "ab"), 400],
    ["one length twice", () => post("Content-Length: 1\r\nContent-Length: 1", "a"), 400],
    ["a list of lengths", () => post("Content-Length: 1, 1", "a"), 400],
    ["a length with a sign", () => post("Content-Length: +1", "a"), 400],
    ["a length below zero", () => post("Content-Length: -1", "a"), 400],
    ["a length that no number holds", () => post(`Content-Length: ${"9".repeat(30)}`, "a"), 400],
    ["a length and chunks", () => post("Content-Length: 1\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400],
    ["chunks and a length", () => post("Transfer-Encoding: chunked\r\nContent-Length: 1", "0\r\n\r\n"), 400],
    ["another transfer coding", () => post("Transfer-Encoding: xchunked", "0\r\n\r\n"), 400],
    ["two transfer codings", () => post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 400],
    ["chunked not being the last", () => post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"), 400],
    ["the extension of a chunk", () => chunked("1;a=b\r\na\r\n0\r\n\r\n"), 200],
    ["a trailer with a key", () => chunked("1\r\na\r\n0\r\nX-YATAI-API-TOKEN: evil\r\n\r\n"), 400],
    ["a chunk without a size", () => chunked("zz\r\na\r\n0\r\n\r\n"), 400],
    ["a chunk that no number holds", () => chunked(`${"f".repeat(17)}\r\na\r\n0\r\n\r\n`), 400],
    ["chunks with other line ends", () => chunked("1\na\n0\n\n"), 400],
    ["the wish to be told to go on", () => post("Expect: 100-continue\r\nContent-Length: 1", "a"), 200],
    ["a folded header", () => get("/", "X-A: b\r\n c\r\n"), 400],
    ["a blank before the colon", () => get("/", "X-A : b\r\n"), 400],
    ["a zero in a header", () => get("/", "User-Agent: a\0b\r\n"), 400],
    ["a carriage return in a header", () => get("/", "User-Agent: a\rX-Evil: b\r\n"), 400],
    ["a header that is too long", () => get("/", `X-A: ${"a".repeat(20_000)}\r\n`), 431],
    ["too many headers", () => get("/", "X-A: b\r\n".repeat(300)), 431],
    ["other line ends", () => get("/").replaceAll("\r\n", "\n"), 505],
    ["two requests at once", () => get("/") + get("/"), "closed"],
    ["another upgrade", () => get("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n"), 400],
    ["a WebSocket without a key of its own", () => socket(""), 400],
    ["a WebSocket that the server does not open", () => socket("Sec-WebSocket-Key: eA==\r\n"), 502],
    ["HTTP/0.9", () => "GET /x\r\n", 505],
    ["HTTP/1.0", () => get("/").replace("HTTP/1.1", "HTTP/1.0"), 200],
    ["HTTP/1.0 without a host", () => `GET / HTTP/1.0\r\nX-YATAI-API-TOKEN: ${proxy.key}\r\n\r\n`, 421],
    ["HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ])("with %s is refused, or goes to the endpoint all the same", async (_, text, status) => {
    expect(await statusOf(proxy.port, text())).toBe(status);
    for (const { headers, path } of seen) {
      expect(headers["host"]).toBe(`127.0.0.1:${upstream.port}`);
      expect(headers["x-yatai-api-token"] === TOKEN).toBe(true);
      expect(headers).not.toHaveProperty("x-evil");
      expect(path).toStartWith("/team/a/");
    }
  });

  test("has no body where its method has none, so that the server reads the next request as one", async () => {
    const text = `GET /a HTTP/1.1\r\n${host()}Content-Length: 25\r\n\r\nGET /api/v1/api_tokens \r\n`;
    expect(await statusOf(proxy.port, text)).toBe(200);
    expect((await proxy.ask("/b")).status).toBe(200);
    expect(seen.map(({ path, body }) => [path, body])).toEqual([
      ["/team/a/a", ""],
      ["/team/a/b", ""],
    ]);
  });
});
