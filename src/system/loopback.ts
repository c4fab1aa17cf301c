import { CliError } from "../errors.ts";
import { codeOf } from "./storage-error.ts";

/** One side of a WebSocket that a client has opened here. */
export interface Peer {
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** Handles the messages of a WebSocket that a request asked for. */
export interface Tunnel {
  protocol: string;
  open(peer: Peer): void;
  receive(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
}

interface Options {
  /** 0 for any free one. */
  port: number;
  answer: (request: Request) => Promise<Response | Tunnel>;
}

/** More than this waits for a side that reads too slowly: the connection is closed. */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A server that this machine alone can reach. Only Bun has one that does WebSockets too. */
export function serveLoopback({ port, answer }: Options) {
  if (!process.versions.bun)
    throw new CliError("USAGE", "this runtime cannot run the proxy", {
      hint: "use the program that is downloaded, or run it with Bun",
    });
  try {
    const server = Bun.serve<Tunnel>({
      hostname: "127.0.0.1",
      port,
      // Bun would end a quiet stream after 10 s, and refuse a body over 128 MiB.
      idleTimeout: 0,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // Without `development`, Bun would let other programs listen on this port too.
      reusePort: false,
      async fetch(request, server) {
        const answered = await answer(request);
        if (answered instanceof Response) return answered;
        const headers = answered.protocol ? { "Sec-WebSocket-Protocol": answered.protocol } : {};
        if (server.upgrade(request, { data: answered, headers })) return undefined;
        answered.close(1001, "");
        return new Response(null, { status: 400 });
      },
      error: () => new Response(null, { status: 500 }),
      websocket: {
        maxPayloadLength: MAX_WAITING_BYTES,
        backpressureLimit: MAX_WAITING_BYTES,
        closeOnBackpressureLimit: true,
        idleTimeout: 0,
        perMessageDeflate: false,
        open: (socket) =>
          socket.data.open({
            send: (data) => void socket.send(data),
            close: (code, reason) => socket.close(code, reason),
          }),
        message: (socket, data) => socket.data.receive(data),
        close: (socket, code, reason) => socket.data.close(code, reason),
      },
    });
    return { port: server.port!, stop: () => server.stop(true) };
  } catch (error) {
    const code = codeOf(error);
    if (code === "") throw error;
    const why = code === "EADDRINUSE" ? "is in use" : `cannot be used (${code})`;
    throw new CliError("FAILURE", `the port ${port} ${why}`, { hint: "choose another one with --port" });
  }
}
