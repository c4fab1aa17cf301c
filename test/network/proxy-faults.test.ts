import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { CLIENTS } from "./clients.ts";

sweepCanaries();

const certificates = await makeCertificates();
const plain = await startCloud();
/** The number of requests at each port. */
const connections = new Map<number, number>();
const servers: Server[] = [];
afterAll(() => Promise.all([plain.stop(), ...servers.map((server) => server.close())]));

/** Starts a proxy that calls `answer` when the first bytes of a connection arrive. Resolves to its port. */
async function startProxy(
  answer: (socket: Socket) => void,
  tls?: { key: string; cert: string },
): Promise<number> {
  const take = (socket: Socket) =>
    socket
      .on("error", () => {})
      .once("data", () => {
        connections.set(port, (connections.get(port) ?? 0) + 1);
        answer(socket);
      });
  const server = tls ? createTlsServer(tls, take) : createServer(take);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return port;
}

const answering = (status: number) => () =>
  startProxy((socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));

async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Row {
  what: string;
  /** The port of the proxy. */
  start: () => Promise<number>;
  scheme?: "http" | "https" | "socks5";
  code?: string;
  /** `$` is the address of the proxy with its variable. */
  message: RegExp;
  /** Only for https: with http, the answer of the proxy cannot be told from the server's. */
  isInTunnel?: true;
  /** Whether the request is not repeated. */
  isFinal?: true;
}

const ROWS: readonly Row[] = [
  {
    what: "is dead",
    start: deadPort,
    message: /^\$ cannot be reached: nothing listens there \(ECONNREFUSED\)$/,
  },
  {
    what: "closes the connection",
    start: () => startProxy((socket) => socket.end()),
    message: /^\S+ cannot be reached through \$: it closed the connection$/,
  },
  {
    what: "is no proxy",
    start: () => startProxy((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n\r\n")),
    message: /^\$ cannot be reached: it does not answer as a proxy does$/,
    isFinal: true,
  },
  {
    what: "says nothing",
    start: () => startProxy(() => {}),
    code: "TIMEOUT",
    message: /^\S+ did not answer within 0\.7 s through \$$/,
    isFinal: true,
  },
  ...[502, 504].map((status) => ({
    what: `answers CONNECT with ${status}`,
    start: answering(status),
    message: new RegExp(`^\\$ does not connect to cloud\\.test: HTTP ${status}$`),
    isInTunnel: true as const,
  })),
  ...[302, 403].map((status) => ({
    what: `answers CONNECT with ${status}`,
    start: answering(status),
    message: new RegExp(`^\\$ does not connect to cloud\\.test: HTTP ${status}$`),
    isInTunnel: true as const,
    isFinal: true as const,
  })),
  {
    what: "answers CONNECT with a page of its own",
    start: () =>
      startProxy((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        setTimeout(() => socket.write("<html></html>"), 50);
      }),
    code: "TLS",
    message: /^https:\S+ does not speak TLS: something other than TLS answers on this port$/,
    isInTunnel: true,
  },
  {
    what: "answers CONNECT without end",
    start: () => startProxy((socket) => void socket.write(`HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(8192)}`)),
    message: /^\$ cannot be reached: it does not answer as a proxy does$/,
    isInTunnel: true,
    isFinal: true,
  },
  {
    what: "wants credentials",
    start: answering(407),
    message: /^\$ does not accept the credentials in \w+$/,
    isFinal: true,
  },
  {
    what: "has a certificate that nobody trusts",
    start: () => startProxy(() => {}, certificates.selfSigned),
    scheme: "https",
    code: "TLS",
    message: /^the TLS certificate of \$ cannot be trusted: it is signed by nobody but itself$/,
  },
  {
    what: "has an expired certificate",
    start: () => startProxy(() => {}, certificates.expired),
    scheme: "https",
    code: "TLS",
    message: /^the TLS certificate of \$ is not valid at this time: it expired on \S+$/,
  },
  {
    what: "speaks no TLS",
    start: () => startProxy((socket) => socket.end("HTTP/1.1 400 Bad\r\n\r\n")),
    scheme: "https",
    code: "TLS",
    message: /^\$ does not speak TLS: something other than TLS answers on this port$/,
  },
  {
    what: "is named as SOCKS",
    start: () => startProxy(() => {}),
    scheme: "socks5",
    message: /^\w+ names no proxy that can be used: SOCKS is not supported$/,
    isFinal: true,
  },
];

const KINDS = [
  { endpoint: "https://cloud.test", variable: "HTTPS_PROXY" },
  { endpoint: "http://cloud.test", variable: "all_proxy" },
] as const;

describe("a proxy that fails is named, and its password is not", () => {
  for (const { name, isMissing, ask } of CLIENTS)
    test.skipIf(isMissing)(name, async () => {
      for (const { endpoint, variable } of KINDS) {
        const rows = ROWS.filter(({ isInTunnel }) => !isInTunnel || endpoint.startsWith("https:"));
        const ports = await Promise.all(rows.map(({ start }) => start()));
        const proxyOf = (index: number) => `${rows[index]!.scheme ?? "http"}://127.0.0.1:${ports[index]}`;
        connections.clear();
        const env = { NODE_EXTRA_CA_CERTS: certificates.caFile() };
        const outcomes = await ask(
          { endpoint, token: plain.issueToken(), env, timeoutMs: 700, insecureHttp: true },
          ...rows.map((_row, index) => ({
            path: "/x",
            env: { [variable]: proxyOf(index).replace("//", "//me:S3cretWord@") },
          })),
        );
        expect(JSON.stringify(outcomes)).not.toContain("S3cretWord");
        for (const [index, { what, code = "UNREACHABLE", message, isFinal, scheme }] of rows.entries()) {
          const outcome = outcomes[index]!;
          const shown = outcome.message.replace(`the proxy ${proxyOf(index)} (${variable})`, "$");
          expect({ what, code: outcome.code }).toEqual({ what, code });
          expect(shown).toMatch(message);
          expect(outcome.hint).toBeString();
          const asked = connections.get(ports[index]!) ?? 0;
          if (isFinal) expect({ what, asked }).toEqual({ what, asked: scheme === "socks5" ? 0 : 1 });
        }
      }
    });
});

test("no output of the program has the password of a proxy", async () => {
  const value = `http://me:S3cretWord@127.0.0.1:${await deadPort()}`;
  const env = {
    ALL_PROXY: value,
    BENTO_CLOUD_API_KEY: plain.issueToken(),
    BENTO_CLOUD_API_ENDPOINT: "https://cloud.test",
  };
  for (const args of [
    ["whoami", "--debug"],
    ["status", "--json"],
    ["doctor"],
    ["doctor", "--report"],
    ["explain"],
  ]) {
    const { stdout, stderr } = await run([...args, "--timeout=0.7"], { env });
    expect(stdout + stderr).not.toMatch(/S3cretWord|bWU6UzNjcmV0V29yZA/);
  }
});
