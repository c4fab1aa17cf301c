import { afterAll } from "bun:test";
import { createRelay } from "../../src/cloud/relay.ts";
import { Token } from "../../src/contexts/token.ts";
import { type LogEntry, type Proxy, startProxy } from "../../src/proxy/start-proxy.ts";

export const TOKEN = "dc1cqalqmd2ptp4i1dd0";
export const MASKED = "*".repeat(TOKEN.length);

interface Started extends Proxy {
  port: number;
  log: LogEntry[];
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
  const proxy = startProxy({
    relay,
    token,
    port: 0,
    isReadOnly: options.isReadOnly ?? false,
    hasPage: options.hasPage ?? false,
    log: (entry) => void log.push(entry),
  });
  afterAll(() => proxy.stop());
  const port = Number(new URL(proxy.url).port);
  const ask = (path: string, { headers, ...rest }: RequestInit = {}) =>
    fetch(proxy.url + path, {
      redirect: "manual",
      ...rest,
      headers: { "X-YATAI-API-TOKEN": proxy.key, ...(headers as Record<string, string>) },
    });
  return { ...proxy, port, log, ask };
}

/** Sends bytes as they are and gives what comes back until the server closes, or for half a second. */
export async function raw(port: number, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let answer = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_, data) => void (answer += data.toString("latin1")),
      close: () => resolve(),
      error: () => resolve(),
    },
  });
  socket.write(text);
  await Promise.race([promise, Bun.sleep(500)]);
  socket.end();
  return answer;
}
