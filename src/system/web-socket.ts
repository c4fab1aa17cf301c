import { hideUnusableAuthorities } from "./authorities.ts";
import { waysTo } from "./http.ts";
import { MAX_WAITING_BYTES } from "./loopback.ts";
import type { Route } from "./upstream-proxy.ts";
import { withoutVariables } from "./runtime.ts";

interface Opening {
  /** http or https. */
  url: URL;
  headers: Record<string, string>;
  protocols: string[];
  route: Route;
  /** Ends the attempt. It has no effect on an open WebSocket. */
  signal: AbortSignal;
}

/**
 * Opens a WebSocket along a route, as `transmit` sends a request. Only Bun's takes headers and a proxy.
 */
export async function openWebSocket({
  url,
  headers,
  protocols,
  route,
  signal,
}: Opening): Promise<OpenSocket> {
  hideUnusableAuthorities();
  let failure: unknown;
  for (const { target, options } of waysTo(url, route)) {
    signal.throwIfAborted();
    const address = new URL(target);
    address.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const { proxy, tls } = options;
    const settings = {
      headers: { ...headers, Host: url.host },
      protocols,
      tls,
      perMessageDeflate: false,
      ...(proxy !== false && { proxy }),
    };
    const socket = withoutVariables(
      ["NO_PROXY", "no_proxy"],
      () => new WebSocket(address, settings as unknown as string[]),
    );
    socket.binaryType = "arraybuffer";
    const early: SocketData[] = [];
    let deliver = (data: SocketData): void => void early.push(data);
    socket.addEventListener("message", ({ data }) => deliver(data as SocketData));
    const listen = (receive: typeof deliver) => {
      deliver = receive;
      for (const data of early.splice(0)) receive(data);
    };
    const send = (data: SocketData | Uint8Array) => {
      socket.send(data as string);
      return socket.bufferedAmount <= MAX_WAITING_BYTES;
    };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("close", () => reject(new Error("the server opens no WebSocket")));
    socket.addEventListener("error", () => reject(new Error("the server opens no WebSocket")));
    const giveUp = () => socket.close();
    signal.addEventListener("abort", giveUp);
    try {
      await promise;
      return { socket, listen, send };
    } catch (error) {
      failure = error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }
  throw failure;
}

type SocketData = string | ArrayBuffer;

export interface OpenSocket {
  socket: WebSocket;
  /** Gets the messages from the first one on. */
  listen(receive: (data: SocketData) => void): void;
  /** False when the server reads too slowly, so that too much waits in memory. */
  send(data: SocketData | Uint8Array): boolean;
}
