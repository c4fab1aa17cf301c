import { afterAll } from "bun:test";
import { createRelay } from "../../src/cloud/relay.ts";
import { Token } from "../../src/contexts/token.ts";
import { type LogEntry, type Proxy, startProxy } from "../../src/proxy/start-proxy.ts";

export const TOKEN = "dc1cqalqmd2ptp4i1dd0";
export const MASKED = "*".repeat(TOKEN.length);

interface Started extends Proxy {
  port: number;
  log: LogEntry[];
  warnings: string[];
  /** A request with the key. */
  ask(path: string, options?: RequestInit): Promise<Response>;
}

export function startProxyTo(
  endpoint: string,
  options: { isReadOnly?: boolean; hasPage?: boolean } = {},
): Started {
  const token = new Token(TOKEN);
  const relay = createRelay({ endpoint, token, timeoutMs: 5_000, env: {}, insecureHttp: false });
  const log: LogEntry[] = [];
  const warnings: string[] = [];
  const proxy = startProxy({
    relay,
    token,
    port: 0,
    isReadOnly: options.isReadOnly ?? false,
    hasPage: options.hasPage ?? false,
    log: (entry) => void log.push(entry),
    warn: (message) => void warnings.push(message),
  });
  afterAll(() => proxy.stop());
  const port = Number(new URL(proxy.url).port);
  const ask = (path: string, { headers, ...rest }: RequestInit = {}) =>
    fetch(proxy.url + path, {
      redirect: "manual",
      ...rest,
      headers: { "X-YATAI-API-TOKEN": proxy.key, ...(headers as Record<string, string>) },
    });
  return { ...proxy, port, log, warnings, ask };
}

/** Sends bytes as they are and gives the status of the answer, or that the connection was closed without one. */
export async function statusOf(port: number, text: string): Promise<number | "closed"> {
  const answer = await talk(port, text, (heard) => STATUS.test(heard));
  const [, status] = STATUS.exec(answer) ?? [];
  return status === undefined ? "closed" : Number(status);
}

/** The whole answer to a GET, as it comes over the connection. */
export function exchange(port: number, key: string): Promise<string> {
  const text = `GET /x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-YATAI-API-TOKEN: ${key}\r\nConnection: close\r\n\r\n`;
  return talk(port, text, () => false);
}

const STATUS = /(?:^|\n)HTTP\/1\.1 ([2-5]\d\d) /;

/** What comes back until that is enough, or the connection is closed. */
async function talk(port: number, text: string, isEnough: (heard: string) => boolean): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let heard = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, data) {
        heard += data.toString("latin1");
        if (isEnough(heard)) resolve();
      },
      close: () => resolve(),
      error: () => resolve(),
    },
  });
  socket.write(Buffer.from(text, "latin1"));
  await promise;
  socket.terminate();
  return heard;
}
