import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { CLIENTS } from "./clients.ts";

sweepCanaries();

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
/** For answers that do not end. */
const SHORT_MS = 1000;
const LONG_MS = 15_000;

/** Writes a text again and again, until the connection is closed. */
const repeat = (text: string, pauseMs: number) => (socket: Socket) => {
  const timer = setInterval(() => socket.write(text), pauseMs);
  socket.on("close", () => clearInterval(timer));
};

const endless = (start: string, text: string) => (socket: Socket) => {
  socket.write(start);
  repeat(text, 1)(socket);
};

interface Row {
  what: string;
  /** The text that the server sends before it closes the connection, or what it does. */
  answer: string | ((socket: Socket) => void);
  /** The codes that are right. Runtimes may differ. */
  codes: readonly string[];
}

const NOT_HTTP = ["NOT_BENTOCLOUD"];
const LOST = ["UNREACHABLE"];
const REFUSED = [...NOT_HTTP, ...LOST];

const ROWS: readonly Row[] = [
  { what: "another protocol", answer: "SSH-2.0-x\r\nContent-Length: 0\r\n\r\n", codes: NOT_HTTP },
  { what: "JSON without a head", answer: "{}", codes: REFUSED },
  { what: "HTTP 0.9", answer: "<html></html>\n", codes: REFUSED },
  ...["999 No", "000 No", "101 No\r\nConnection: upgrade\r\nUpgrade: x", "99 No", "-200 No", "2000 No"].map(
    (status) => ({
      what: `the status ${status}`,
      answer: `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`,
      codes: NOT_HTTP,
    }),
  ),
  { what: "nothing", answer: "", codes: LOST },
  { what: "half a head", answer: HEAD, codes: LOST },
  { what: "a head, byte by byte", answer: repeat("H", 50), codes: ["TIMEOUT", ...NOT_HTTP] },
  { what: "endless spaces", answer: endless("", " ".repeat(1024)), codes: ["TIMEOUT", ...NOT_HTTP] },
  {
    what: "an endless header",
    answer: endless(`${HEAD}X-A: `, "a".repeat(4096)),
    codes: ["TIMEOUT", ...NOT_HTTP],
  },
  {
    what: "endless headers",
    answer: endless(HEAD, "X-A: b\r\n".repeat(512)),
    codes: ["TIMEOUT", ...NOT_HTTP],
  },
  {
    what: "endless interim answers",
    answer: endless("", "HTTP/1.1 100 Continue\r\n\r\n"),
    codes: ["TIMEOUT", ...NOT_HTTP],
  },
  { what: "a body that is too short", answer: `${HEAD}Content-Length: 9\r\n\r\n{}`, codes: LOST },
  { what: "a body that is too long", answer: `${HEAD}Content-Length: 2\r\n\r\n{}{"x":1}`, codes: ["OK"] },
  { what: "a body without its last chunk", answer: `${CHUNKED}2\r\n{}\r\n`, codes: LOST },
  { what: "half a chunk", answer: `${CHUNKED}9\r\n{}`, codes: LOST },
  { what: "a chunk of no length", answer: `${CHUNKED}zz\r\n{}\r\n0\r\n\r\n`, codes: REFUSED },
  {
    what: "a chunk of any length",
    answer: `${CHUNKED}ffffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
    codes: REFUSED,
  },
  {
    what: "an endless extension of a chunk",
    answer: endless(`${CHUNKED}2;a=`, "a".repeat(4096)),
    codes: ["TIMEOUT", ...REFUSED],
  },
  {
    what: "endless trailers",
    answer: endless(`${CHUNKED}2\r\n{}\r\n0\r\n`, "X-A: b\r\n".repeat(512)),
    codes: ["OK", "TIMEOUT", ...REFUSED],
  },
  {
    what: "chunks of one byte",
    answer: `${CHUNKED}1\r\n[\r\n${"1\r\n \r\n".repeat(20_000)}1\r\n]\r\n0\r\n\r\n`,
    codes: ["OK"],
  },
  { what: "a length that is none", answer: `${HEAD}Content-Length: x\r\n\r\n{}`, codes: REFUSED },
  { what: "a length below zero", answer: `${HEAD}Content-Length: -2\r\n\r\n{}`, codes: REFUSED },
  { what: "two lengths", answer: `${HEAD}Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}`, codes: REFUSED },
  {
    what: "a length and chunks",
    answer: `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    codes: ["OK", ...REFUSED],
  },
  {
    what: "a null byte in a header",
    answer: `${HEAD}X-A: a\u0000b\r\nContent-Length: 2\r\n\r\n{}`,
    codes: ["OK", ...REFUSED],
  },
  {
    what: "a header without a name",
    answer: `${HEAD}: a\r\nContent-Length: 2\r\n\r\n{}`,
    codes: ["OK", ...REFUSED],
  },
  {
    what: "a control character in the status",
    answer: HEAD.replace("OK", "\u0001") + "Content-Length: 2\r\n\r\n{}",
    codes: ["OK", ...REFUSED],
  },
  {
    what: "a body with 204",
    answer: HEAD.replace("200 OK", "204 No") + "Content-Length: 2\r\n\r\n{}",
    codes: ["OK"],
  },
  {
    what: "a body with 304",
    answer: HEAD.replace("200 OK", "304 No") + "Content-Length: 2\r\n\r\n{}",
    codes: ["OK"],
  },
];

const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket.on("error", () => {}));
  socket.once("data", (data) => {
    const { answer } = ROWS[Number(/^GET \/(\d+) /.exec(data.toString())![1])]!;
    if (typeof answer === "string") socket.end(answer);
    else answer(socket);
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
afterAll(() => {
  server.close();
  for (const socket of sockets) socket.destroy();
});

const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Whatever a server sends, a request ends in time, and with one of our own errors. */
describe("an answer that breaks the rules of HTTP", () => {
  for (const { name, isMissing, ask } of CLIENTS)
    test.skipIf(isMissing)(name, async () => {
      const outcomesOf = async (isEndless: boolean) => {
        const rows = ROWS.map((row, index) => ({ ...row, path: `/${index}` })).filter(
          ({ codes }) => codes.includes("TIMEOUT") === isEndless,
        );
        const timeoutMs = isEndless ? SHORT_MS : LONG_MS;
        const wanted = rows.map(({ path }) => ({ path }));
        const outcomes = await ask({ endpoint, token: canary(), timeoutMs, atOnce: true }, ...wanted);
        return rows.map(({ what, codes }, index) => ({ what, codes, ...outcomes[index]! }));
      };
      const outcomes = [...(await outcomesOf(true)), ...(await outcomesOf(false))];
      expect(outcomes.filter(({ code, codes }) => !codes.includes(code))).toEqual([]);
    });
});
