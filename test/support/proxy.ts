import type { IncomingHttpHeaders } from "node:http";
import { lookup } from "node:dns";
import { Server } from "proxy-chain";

/** A request as the proxy saw it: a tunnel's contents stay hidden from it. */
interface ProxiedRequest {
  /** `CONNECT` for a tunnel, otherwise the forwarded request's method. */
  method: string;
  host: string;
  port: number;
  /** The path and query of a forwarded request; undefined for a tunnel. */
  path: string | undefined;
  headers: IncomingHttpHeaders;
}

export interface LocalProxy {
  /** With the credentials in it, when there are any. */
  readonly url: string;
  readonly requests: ProxiedRequest[];
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** Demands these credentials and answers 407 without them. */
  credentials?: { username: string; password: string };
}

/**
 * A forward proxy on a loopback port. It finds every host that ends in `.test` on this machine; nobody
 * else can resolve such names, so an answer from one proves that the request came through here.
 */
export async function startProxy(options: ProxyOptions = {}): Promise<LocalProxy> {
  const requests: ProxiedRequest[] = [];
  const { credentials } = options;
  const server = new Server({
    host: "127.0.0.1",
    port: 0,
    prepareRequestFunction({ request, username, password, hostname, port, isHttp }) {
      const path = isHttp ? request.url?.replace(/^https?:\/\/[^/]*/, "") : undefined;
      const { method = "", headers } = request;
      requests.push({ method, host: hostname, port, path, headers: { ...headers } });
      const isWelcome =
        credentials === undefined || (username === credentials.username && password === credentials.password);
      return { requestAuthentication: !isWelcome, dnsLookup: lookupHere };
    },
  });
  // Without a listener a client that goes away mid-tunnel would be an unhandled error event.
  server.on("requestFailed", () => {});
  await server.listen();
  const userinfo = credentials === undefined ? "" : `${credentials.username}:${credentials.password}@`;
  return {
    url: `http://${userinfo}127.0.0.1:${server.port}`,
    requests,
    stop: () => server.close(true),
  };
}

const lookupHere = ((hostname: string, options: object, callback: (...args: unknown[]) => void) =>
  hostname.endsWith(".test")
    ? lookup("127.0.0.1", options, callback)
    : lookup(hostname, options, callback)) as typeof lookup;
