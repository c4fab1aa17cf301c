import type { Cli } from "../app.ts";
import type { Credential } from "../auth/identity.ts";
import { createRelay, type Relay } from "../cloud/relay.ts";
import { CliError } from "../errors.ts";
import { serveLoopback } from "../system/loopback.ts";
import { redactSecret } from "../system/redact.ts";
import { answerRequest, type Work } from "./answer-request.ts";
import type { Rules } from "./guard.ts";
import { createMask, type Mask } from "./mask.ts";
import { hideTicket, openAddress } from "./one-time-address.ts";
import { toResponse } from "./refusal-answer.ts";
import type { Token } from "../contexts/token.ts";

export interface ProxyOptions {
  relay: Relay;
  token: Token;
  port: number;
  isReadOnly: boolean;
  /** Whether a browser gets in through a one-time address. */
  hasPage: boolean;
  log: (entry: LogEntry) => void;
  warn: (message: string) => void;
}

export interface LogEntry {
  method: string;
  /** Without the query. */
  path: string;
  status: number;
  ms: number;
}

export interface Proxy {
  /** The server that requests are passed on to. */
  endpoint: string;
  /** The address that the program uses as its endpoint. */
  url: string;
  /** The throwaway key that the program sends as its API token. */
  key: string;
  /** Lets one browser in, once. */
  page: URL | undefined;
  stop(): Promise<void>;
}

/** A proxy to the server of a login, which warns as the command does. */
export function startProxyFor(
  { env, flags, output }: Cli,
  { context, token }: Credential,
  options: Omit<ProxyOptions, "relay" | "token" | "warn">,
): Proxy {
  const { timeoutMs, insecureHttp } = flags;
  const relay = createRelay({ endpoint: context.endpoint, token, timeoutMs, env, insecureHttp });
  return startProxy({ ...options, relay, token, warn: (message) => output.warn(message) });
}

/** A server on this machine that adds the API token to the requests of those who know its key. */
export function startProxy(options: ProxyOptions): Proxy {
  const key = randomSecret();
  redactSecret(key);
  const mask = createMask(options.token.reveal());
  const server = serveLoopback({
    port: options.port,
    answer: async (request) => {
      const started = performance.now();
      const { method, headers } = request;
      const url = URL.parse(request.url);
      const answered = await answerRequest({ method, url, headers }, request, work).catch((error) =>
        toFailure(error, request, mask),
      );
      const status = answered instanceof Response ? answered.status : 101;
      const path = mask.text(hideTicket(url?.pathname ?? "?"));
      options.log({ method, path, status, ms: performance.now() - started });
      return answered;
    },
  });
  const host = `127.0.0.1:${server.port}`;
  const cookie = options.hasPage ? { name: `bentocloud-${server.port}`, value: randomSecret() } : undefined;
  const rules: Rules = { host, key, cookie, isReadOnly: options.isReadOnly };
  const ticket = options.hasPage ? randomSecret() : undefined;
  let isRejected = false;
  const onRejected = () => {
    if (!isRejected)
      options.warn("the server rejects the API token; if it was rotated, the proxy has to be started again");
    isRejected = true;
  };
  const work: Work = { rules, ticket, mask, relay: options.relay, onRejected };
  return {
    endpoint: options.relay.endpoint,
    url: `http://${host}`,
    key,
    page: ticket === undefined ? undefined : openAddress(host, ticket),
    stop: () => server.stop(),
  };
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
