import type { Agent, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { addressesOf, hostOf, portOf } from "./address.ts";
import { hideUnusableAuthorities } from "./authorities.ts";
import { codeOf } from "./storage-error.ts";
import type * as Network from "./network.ts";
import { credentialsFor, ProxyError, type Route } from "./upstream-proxy.ts";
import { withoutVariables } from "./runtime.ts";

/** A request about which nothing is left to decide. */
export interface Transmission {
  method: string;
  url: URL;
  headers: Headers;
  /** A stream is read while it is sent. Only Bun sends one. */
  body?: Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  route: Route;
  signal: AbortSignal;
  /** False gives the request a new connection: runtimes repeat a request when a reused connection breaks. */
  isRepeatable: boolean;
}

/**
 * Sends a request along its route and does nothing else: it follows no redirect, decompresses nothing, and obeys no
 * variable that is meant for the runtime. Bun's `fetch` has options for all of that. The `fetch` of Node and Deno always
 * obeys proxy variables, so there `node:http` sends the request on a connection of ours. Bun would take longer to load
 * that module than to send the request.
 */
export async function transmit(transmission: Transmission): Promise<Response> {
  const { headers, url } = transmission;
  headers.set("Host", url.host);
  hideUnusableAuthorities();
  return process.versions.bun ? fetchInBun(transmission) : requestInNode(transmission);
}

/** Parsers accept statuses that `Response` refuses. */
function requireStatus(status: number): void {
  if (status >= 200 && status <= 599) return;
  throw Object.assign(new Error(`HTTP ${status}`), { code: "HPE_INVALID_STATUS" });
}

async function fetchInBun(transmission: Transmission): Promise<Response> {
  const { method, url, headers, body, route, signal, isRepeatable } = transmission;
  const options = {
    method,
    headers,
    signal,
    redirect: "manual",
    keepalive: isRepeatable,
    decompress: false,
    verbose: false,
    ...(body !== undefined && { body }),
  };
  let failure: unknown;
  for (const way of waysTo(url, route)) {
    try {
      // In Bun, NO_PROXY takes precedence over the option `proxy`.
      const response = await withoutVariables(["NO_PROXY", "no_proxy"], () =>
        fetch(way.target, { ...options, ...way.options } as RequestInit),
      );
      requireStatus(response.status);
      return response;
    } catch (error) {
      failure = error;
      if (codeOf(error) !== "ECONNREFUSED") break;
    }
  }
  if (codeOf(failure) !== "ERR_PROXY_TUNNEL") throw failure;
  throw new ProxyError((failure as { status?: number }).status, failure);
}

/** The attempts to make in Bun, one for each address of the first host on the route. */
export function waysTo(url: URL, route: Route) {
  if (route.kind === "direct") {
    const host = hostOf(url);
    return addressesOf(url).map((address) => {
      const tls = { rejectUnauthorized: true, ...(address !== host && { serverName: host }) };
      return { target: at(url, address), options: { proxy: false, tls } };
    });
  }
  const { proxy } = route;
  // Bun checks the certificate of a proxy for the name that it connects to. It does not look up `localhost` itself.
  const addresses = proxy.protocol === "https:" ? [hostOf(proxy)] : addressesOf(proxy);
  const headers = credentialsFor(proxy);
  return addresses.map((address) => ({
    target: url,
    options: { proxy: { url: at(proxy, address).origin, headers }, tls: { rejectUnauthorized: true } },
  }));
}

function at(url: URL, address: string): URL {
  const changed = new URL(url);
  changed.hostname = address.includes(":") ? `[${address}]` : address;
  return changed;
}

async function requestInNode(transmission: Transmission): Promise<Response> {
  const { method, url, headers, body, route, signal, isRepeatable } = transmission;
  signal.throwIfAborted();
  const network = await import("./network.ts");
  const http = process.getBuiltinModule("node:http");
  const isForwarded = route.kind === "proxy" && url.protocol === "http:";
  if (isForwarded)
    for (const [name, value] of Object.entries(credentialsFor(route.proxy))) headers.set(name, value);
  if (body instanceof ReadableStream) throw new TypeError("only Bun sends a stream");
  if (body !== undefined)
    headers.set("Content-Length", String(body instanceof Blob ? body.size : body.byteLength));
  const options = {
    method,
    host: hostOf(url),
    port: portOf(url),
    path: isForwarded ? url.href : url.pathname + url.search,
    headers: Object.fromEntries(headers),
    agent: isRepeatable ? (sharedAgent ??= createAgent(network, true)) : createAgent(network, false),
    target: { url, route, signal },
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // Deno would ask the proxy for the whole URL, even on this connection.
  const request = withoutVariables(["NODE_USE_ENV_PROXY"], () => http.request(options, resolve));
  request.on("error", reject);
  request.on("socket", (socket) => {
    // Without this, the request would wait for ever on a connection that broke right after its handshake.
    const fail = () => reject(network.keptError(socket));
    if (socket.destroyed) fail();
    socket.once("close", fail);
    request.once("response", () => socket.off("close", fail));
  });
  request.on("upgrade", (_message, socket) => {
    socket.destroy();
    reject(Object.assign(new Error("an upgrade that nobody asked for"), { code: "HPE_INVALID_UPGRADE" }));
  });
  // Deno ignores the option `signal`, and does not always report why a request was destroyed.
  const abort = () => {
    reject(signal.reason);
    request.destroy(signal.reason as Error);
  };
  signal.addEventListener("abort", abort, { once: true });
  if (body instanceof Blob) {
    const { pipeline, Readable } = process.getBuiltinModule("node:stream");
    pipeline(
      Readable.from(body.stream() as unknown as AsyncIterable<Uint8Array>),
      request,
      (error) => error && reject(error),
    );
  } else request.end(body);
  return toResponse(await promise);
}

/** Node's default agent obeys NODE_USE_ENV_PROXY. */
let sharedAgent: Agent | undefined;

type Target = Pick<Transmission, "url" | "route" | "signal">;

function createAgent({ openConnection }: typeof Network, keepAlive: boolean): Agent {
  const { Agent } = process.getBuiltinModule("node:http");
  const { callbackify } = process.getBuiltinModule("node:util");
  const agent = new Agent({ keepAlive });
  const connect = callbackify(({ url, route, signal }: Target) => openConnection(url, route, signal));
  const targetOf = (options: unknown) => (options as { target: Target }).target;
  agent.getName = (options) => {
    const { url, route } = targetOf(options);
    return `${url.origin} ${route.kind === "proxy" ? route.proxy.href : ""}`;
  };
  agent.createConnection = (options, callback) => {
    connect(targetOf(options), callback as (error: Error | null, socket: Socket) => void);
    return undefined as never;
  };
  return agent;
}

/** `Response` refuses a body with these. */
export const BODILESS = new Set([204, 205, 304]);

function toResponse(message: IncomingMessage): Response {
  const { Readable } = process.getBuiltinModule("node:stream");
  const { statusCode: status = 0, statusMessage: statusText = "", rawHeaders } = message;
  requireStatus(status);
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  const body = Readable.toWeb(message) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
  if (BODILESS.has(status)) void body.cancel();
  return new Response(BODILESS.has(status) ? null : body, { status, statusText, headers });
}
