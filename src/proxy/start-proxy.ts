import type { Relay } from "../cloud/relay.ts";
import { CliError } from "../errors.ts";
import { serveLoopback, type Tunnel } from "../system/loopback.ts";
import { refuse, type Rules } from "./guard.ts";
import { SAFE } from "./guarded-path.ts";
import { createMask, type Mask } from "./mask.ts";
import { hideTicket, openAddress, readOneTimeAddress } from "./one-time-address.ts";
import { ownLocation, requestHeaders, responseHeaders } from "./passed-headers.ts";
import { toResponse } from "./refusal-answer.ts";
import { openTunnel } from "./tunnel.ts";
import type { Token } from "../contexts/token.ts";

export interface ProxyOptions {
  relay: Relay;
  token: Token;
  port: number;
  isReadOnly: boolean;
  /** Whether a browser gets in through a one-time address. */
  hasPage: boolean;
  log: (entry: LogEntry) => void;
}

export interface LogEntry {
  method: string;
  /** Without the query. */
  path: string;
  status: number;
  ms: number;
}

export interface Proxy {
  /** The address that the program uses as its endpoint. */
  url: string;
  /** The throwaway key that the program sends as its API token. */
  key: string;
  /** Lets one browser in, once. */
  page: URL | undefined;
  stop(): Promise<void>;
}

/** A server on this machine that adds the API token to the requests of those who know its key. */
export function startProxy(options: ProxyOptions): Proxy {
  const key = randomSecret();
  const mask = createMask(options.token.reveal());
  const server = serveLoopback({
    port: options.port,
    answer: async (request) => {
      const started = performance.now();
      const answered = await answer(request, work).catch((error) => toFailure(error, request, mask));
      const status = answered instanceof Response ? answered.status : 101;
      const { method, url } = request;
      const path = mask.text(hideTicket(URL.parse(url)?.pathname ?? "?"));
      options.log({ method, path, status, ms: performance.now() - started });
      return answered;
    },
  });
  const host = `127.0.0.1:${server.port}`;
  const cookie = options.hasPage ? { name: `bentocloud-${server.port}`, value: randomSecret() } : undefined;
  const rules: Rules = { host, key, cookie, isReadOnly: options.isReadOnly };
  const ticket = options.hasPage ? randomSecret() : undefined;
  const work: Work = { rules, ticket, mask, relay: options.relay };
  return {
    url: `http://${host}`,
    key,
    page: ticket === undefined ? undefined : openAddress(host, ticket),
    stop: () => server.stop(),
  };
}

interface Work {
  rules: Rules;
  /** Undefined once it was used. */
  ticket: string | undefined;
  mask: Mask;
  relay: Relay;
}

async function answer(request: Request, work: Work): Promise<Response | Tunnel> {
  const { rules, relay, mask } = work;
  const entry = readOneTimeAddress(request, rules, work.ticket);
  if (entry) {
    if (entry.status === 200) work.ticket = undefined;
    return entry;
  }
  const refusal = refuse(request, rules);
  if (refusal) return toResponse(refusal);
  const { pathname, search } = new URL(request.url);
  const headers = requestHeaders(request.headers);
  if (request.headers.has("upgrade"))
    return openTunnel(relay, pathname + search, { headers, mask, asked: request.headers });
  const { method, signal } = request;
  const body = SAFE.has(method) ? null : (request.body as ReadableStream<Uint8Array<ArrayBuffer>> | null);
  // A length without a body would make the server read the next request as one.
  if (!body) headers.delete("content-length");
  const { url, response } = await relay.forward(pathname + search, {
    method,
    headers,
    signal,
    ...(body && { body }),
  });
  const passed = responseHeaders(response.headers, mask);
  const place = { from: url, endpoint: relay.endpoint, origin: `http://${rules.host}` };
  const location = passed.get("location");
  if (location !== null) passed.set("location", ownLocation(location, place));
  const { status } = response;
  if (isCompressed(response)) {
    await response.body?.cancel();
    return toResponse({ status: 502, message: `${relay.endpoint} compressed an answer unasked` });
  }
  const isEmpty = response.body === null || method === "HEAD";
  return new Response(isEmpty ? null : streamOf(mask.chunks(chunksOf(response.body!))), {
    status,
    statusText: mask.text(response.statusText),
    headers: passed,
  });
}

function isCompressed({ headers }: Response): boolean {
  return !/^(?:identity)?$/i.test(headers.get("content-encoding") ?? "");
}

function chunksOf(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  return body as unknown as AsyncIterable<Uint8Array>;
}

/** Reads a chunk when the client has taken the one before. */
function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

function toFailure(error: unknown, request: Request, mask: Mask): Response {
  if (request.signal.aborted) return new Response(null, { status: 499 });
  if (!(error instanceof CliError)) return toResponse({ status: 502, message: "the request failed" });
  const status =
    error.code === "USAGE" || error.code === "HOST_MISMATCH" ? 400 : error.code === "TIMEOUT" ? 504 : 502;
  return toResponse({ status, message: mask.text(error.message) });
}

/** 256 bits. */
function randomSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
}
