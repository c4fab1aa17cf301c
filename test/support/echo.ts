import { afterEach } from "bun:test";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Seen {
  method: string;
  /** Path and query as they were on the wire. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

interface Echo {
  url: string;
  seen: Seen[];
}

type Handler = (request: IncomingMessage, response: ServerResponse, seen: Seen[]) => void;

/**
 * Servers that know no API: each writes down what it is sent and answers as the test says, with `{}` by default. Call it
 * once at the top of a file; they end with the test.
 */
export function echoPerTest(): (answer?: Handler) => Promise<Echo> {
  const stops: (() => void)[] = [];
  afterEach(() => stops.splice(0).forEach((stop) => stop()));
  return async (answer = (_request, response) => void response.end("{}")) => {
    const seen: Seen[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks) });
      answer(request, response, seen);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  };
}
