import { afterAll, expect, test } from "bun:test";
import { exchange, MASKED, startProxyTo, TOKEN } from "./support.ts";

/** What the server answers, byte by byte. It closes the connection after that. */
let reply = "";
const upstream = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, data) {
      if (!data.includes("\r\n\r\n")) return;
      socket.write(Buffer.from(reply, "latin1"));
      socket.end();
    },
  },
});
afterAll(() => upstream.stop(true));

const endpoint = `http://127.0.0.1:${upstream.port}/team`;
const proxy = startProxyTo(endpoint);
const own = () => proxy.url;

const TYPE = "Content-Type: text/plain\r\n";
const ok = (headers: string, body = "ok") =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (chunks: string, headers = "") =>
  `HTTP/1.1 200 OK\r\n${headers}Transfer-Encoding: chunked\r\n\r\n${chunks}`;
const redirect = (location: string) =>
  `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
const gzipped = Buffer.from(Bun.gzipSync(TOKEN)).toString("latin1");
const half = TOKEN.slice(0, 9);
const rest = TOKEN.slice(9);

test.each<[what: string, reply: string, status: number, contains?: string]>([
  ["in the body", ok(TYPE, `<${TOKEN}>`), 200, `<${MASKED}>`],
  ["in a body without a type", ok("", `<${TOKEN}>`), 200, `<${MASKED}>`],
  ["in a body of unknown length", `HTTP/1.1 200 OK\r\n\r\n<${TOKEN}>`, 200, `<${MASKED}>`],
  ["in two chunks", chunked(`9\r\n${half}\r\nb\r\n${rest}\r\n0\r\n\r\n`, TYPE), 200, MASKED],
  ["in the extension of a chunk", chunked(`2;a=${TOKEN}\r\nok\r\n0\r\n\r\n`), 200, "ok"],
  ["in a trailer", chunked(`2\r\nok\r\n0\r\nX-A: ${TOKEN}\r\n\r\n`, "Trailer: X-A\r\n"), 200, "ok"],
  ["compressed", ok("Content-Encoding: gzip\r\n", gzipped), 502, "compressed an answer unasked"],
  ["compressed, by another name", ok("Content-Encoding: X-GZIP\r\n", gzipped), 502],
  ["compressed last", ok("Content-Encoding: identity, gzip\r\n", gzipped), 502],
  [
    "compressed for the transfer",
    chunked(`${gzipped.length.toString(16)}\r\n${gzipped}\r\n0\r\n\r\n`).replace("chunked", "gzip, chunked"),
    502,
  ],
  ["in a header", ok(`X-Echo: a ${TOKEN} b\r\n`), 200, `a ${MASKED} b`],
  ["in the name of a header", ok(`X-${TOKEN}: 1\r\n`), 200],
  ["in capitals in the name of a header", ok(`X-${TOKEN.toUpperCase()}: 1\r\n`), 200],
  ["as the reason", ok("").replace("OK", TOKEN), 200],
  ["in an early hint", `HTTP/1.1 103 Early Hints\r\nLink: </${TOKEN}>\r\n\r\n${ok("")}`, 200, "ok"],
  ["in an interim answer", `HTTP/1.1 100 Continue\r\nX-A: ${TOKEN}\r\n\r\n${ok("")}`, 200, "ok"],
  ["behind an upgrade", `HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n${TOKEN}`, 502],
  ["in a cookie", ok(`Set-Cookie: a=${TOKEN}\r\nSet-Cookie2: b=c\r\n`), 200],
  ["in an entity tag", `HTTP/1.1 304 Not Modified\r\nETag: "${TOKEN}"\r\n\r\n`, 304, MASKED],
  ["behind the end of the answer", `${ok("")}HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n${TOKEN}`, 200],
  ["after an answer with two lengths", ok("Content-Length: 1\r\n", TOKEN), 502],
  ["with a status that is none", ok("", TOKEN).replace("200", "999"), 502],
  ["in a password prompt", ok(`WWW-Authenticate: Basic realm="${TOKEN}"\r\n`).replace("200", "401"), 401],
  ["in a redirect", redirect(`https://evil.test/${TOKEN}`), 302, `https://evil.test/${MASKED}`],
])("an answer with the API token %s does not show it", async (_, text, status, contains = "") => {
  reply = text;
  const answer = await exchange(proxy.port, proxy.key);
  expect(answer).toStartWith(`HTTP/1.1 ${status} `);
  expect(answer.toLowerCase()).not.toContain(TOKEN);
  expect(answer).not.toContain(gzipped);
  expect(answer).toContain(contains);
});

test.each<[location: string, expected: () => string]>([
  [`${endpoint}/next?a=1#b`, () => `${own()}/next?a=1#b`],
  [endpoint, own],
  [`//127.0.0.1:${upstream.port}/team/next`, () => `${own()}/next`],
  ["/team/next", () => `${own()}/next`],
  ["next", () => `${own()}/next`],
  ["/other", () => "/other"],
  [`${endpoint}/../other`, () => `${endpoint}/../other`],
  [`${endpoint}x/next`, () => `${endpoint}x/next`],
  ["https://evil.test/team/next", () => "https://evil.test/team/next"],
  ["javascript:alert(1)", () => "javascript:alert(1)"],
])("a redirect to %s is passed on, not followed", async (location, expected) => {
  reply = redirect(location);
  const answer = await exchange(proxy.port, proxy.key);
  expect(answer).toStartWith("HTTP/1.1 302 ");
  expect(/^location: (.*)\r$/im.exec(answer)?.[1]).toBe(expected());
});

test("an answer has no header that opens this origin to others, or stays in a browser", async () => {
  const names =
    "Accept-CH Access-Control-Allow-Origin Alt-Svc Clear-Site-Data Cross-Origin-Resource-Policy Keep-Alive NEL " +
    "Proxy-Authenticate Public-Key-Pins Refresh Report-To Reporting-Endpoints Service-Worker-Allowed Set-Cookie " +
    "Set-Login SourceMap Strict-Transport-Security Timing-Allow-Origin Upgrade WWW-Authenticate";
  const kept = ["Cache-Control", "Content-Security-Policy", "Retry-After", "X-Request-Id", "X-Frame-Options"];
  reply = ok([...names.split(" "), ...kept].map((name) => `${name}: 1\r\n`).join(""));
  const answer = await exchange(proxy.port, proxy.key);
  const given = [...answer.matchAll(/^([\w-]+): /gm)].map(([, name]) => name!.toLowerCase());
  expect(given.filter((name) => !/^(?:content-length|date)$/.test(name)).toSorted()).toEqual(
    kept.map((name) => name.toLowerCase()).toSorted(),
  );
});
