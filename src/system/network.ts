import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { cancelled } from "../errors.ts";
import { addressesOf, hostOf, portOf } from "./address.ts";
import { codeOf } from "./storage-error.ts";
import { credentialsFor, ProxyError, type Route } from "./upstream-proxy.ts";
import { withoutVariables } from "./runtime.ts";

/**
 * The steps of a connection. On Node and Deno requests are sent on these connections, because their `fetch` takes no
 * such options; on every runtime `doctor` and errors look at them one by one. Errors have the system's code, and
 * `ETIMEDOUT` when the time is up.
 */
export interface Patience {
  timeoutMs: number;
  signal: AbortSignal;
}

/** How long it takes to get to a server, or to a proxy that connects to it, in milliseconds. */
export async function timeConnection(url: URL, route: Route, patience: Patience): Promise<number> {
  const started = performance.now();
  const socket = await within(patience, (signal) => openRoute(url, route, signal));
  socket.destroy();
  return performance.now() - started;
}

/** A connection for requests to this URL. With https, the server's certificate has been verified. */
export async function openConnection(url: URL, route: Route, signal: AbortSignal): Promise<Socket> {
  const socket = await openRoute(url, route, signal);
  return url.protocol === "https:" ? secure(socket, url, signal) : socket;
}

/** A connection to the server, or to the proxy that forwards requests. @throws ProxyError when the proxy failed. */
export async function openRoute(url: URL, route: Route, signal: AbortSignal): Promise<Socket> {
  if (route.kind === "direct") return openSocket(url, signal);
  const { proxy } = route;
  try {
    const socket = await openConnection(proxy, { kind: "direct" }, signal);
    return url.protocol === "https:" ? await openTunnel(socket, { url, proxy, signal }) : socket;
  } catch (error) {
    throw error instanceof ProxyError || signal.aborted ? error : new ProxyError(undefined, error);
  }
}

async function openSocket(url: URL, signal: AbortSignal): Promise<Socket> {
  let failure: unknown;
  for (const host of addressesOf(url)) {
    const socket = keepError(connectTcp({ host, port: portOf(url) }));
    try {
      return await ready(socket, "connect", signal);
    } catch (error) {
      // A name with several addresses has an error for each.
      failure = error instanceof AggregateError ? error.errors[0] : error;
      if (codeOf(failure) !== "ECONNREFUSED") break;
    }
  }
  throw failure;
}

async function secure(socket: Socket, url: URL, signal: AbortSignal): Promise<TLSSocket> {
  return ready(startTls(socket, url, { rejectUnauthorized: true }), "secureConnect", signal);
}

/** Sets every option that a variable or a default of the runtime would decide otherwise. */
export function startTls(socket: Socket, url: URL, options: { rejectUnauthorized: boolean }): TLSSocket {
  const host = hostOf(url);
  const name = isIP(host) === 0 ? { servername: host } : {};
  return withoutVariables(["NODE_TLS_REJECT_UNAUTHORIZED"], () =>
    keepError(
      connectTls({ socket, host, ...name, ...options, minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] }),
    ),
  );
}

const LARGEST_HEAD = 16 * 1024;

async function openTunnel(
  socket: Socket,
  { url, proxy, signal }: { url: URL; proxy: URL; signal: AbortSignal },
): Promise<Socket> {
  const target = `${url.hostname}:${portOf(url)}`;
  const headers = Object.entries({ Host: target, ...credentialsFor(proxy) }).map((header) =>
    header.join(": "),
  );
  socket.write([`CONNECT ${target} HTTP/1.1`, ...headers, "", ""].join("\r\n"));
  let head = "";
  while (!head.includes("\r\n\r\n") && head.length < LARGEST_HEAD) {
    const chunk = socket.read() as Buffer | null;
    if (chunk) head += chunk.toString("latin1");
    else await ready(socket, "readable", signal);
  }
  const isWhole = head.includes("\r\n\r\n");
  const status = isWhole ? Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]) : Number.NaN;
  if (status >= 200 && status < 300) return socket;
  socket.destroy();
  if (!Number.isNaN(status)) throw new ProxyError(status);
  throw new ProxyError(undefined, Object.assign(new Error("no HTTP"), { code: "HPE_INVALID_CONSTANT" }));
}

/** Deno does not keep an error in `errored`. */
const errors = new WeakMap<Socket, Error>();

/** An error event without a listener ends the process, and one between two listeners would be lost. */
function keepError<T extends Socket>(socket: T): T {
  return socket.on("error", (error) => errors.set(socket, error));
}

export function keptError(socket: Socket): Error {
  return errors.get(socket) ?? Object.assign(new Error("closed"), { code: "ECONNRESET" });
}

/** Waits for an event of a socket, and destroys the socket when it fails first. */
export async function ready<T extends Socket>(socket: T, event: string, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const close = () => reject(keptError(socket));
  const abort = () => reject(signal.reason as Error);
  const listeners = Object.entries({ [event]: resolve, error: reject, end: close, close });
  for (const [name, listener] of listeners) socket.on(name, listener);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  if (socket.destroyed || socket.readableEnded) close();
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    for (const [name, listener] of listeners) socket.off(name, listener);
    signal.removeEventListener("abort", abort);
  }
}

export async function within<T>(
  { timeoutMs, signal }: Patience,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: end, reject } = Promise.withResolvers<never>();
  const stop = (reason: Error) => {
    controller.abort(reason);
    reject(reason);
  };
  const cancel = () => stop(cancelled());
  const expire = () => stop(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
  const timer = setTimeout(expire, timeoutMs);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await Promise.race([act(controller.signal), end]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  }
}
