import { ofetch } from "ofetch";
import { isLoopback } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { isBelow, showPlace } from "./target.ts";

/**
 * The one place that sends. A token goes to the origin and path prefix of its own endpoint and nowhere else: redirects
 * are followed by hand, because `fetch` forwards a custom header to any origin.
 */
export interface Message {
  /** In capitals. */
  method: string;
  /** Below the endpoint; `targetOf` makes one of what a user wrote. */
  url: URL | string;
  headers?: Headers;
  body?: Uint8Array<ArrayBuffer> | Blob | undefined;
  /** Must not be carried out twice: no runtime repeats it, and no redirect turns it into something else. */
  isFinal?: boolean;
}

interface Sending {
  endpoint: string;
  token?: Token;
  signal: AbortSignal;
}

const TOKEN_HEADER = "X-YATAI-API-TOKEN";
const MAX_REDIRECTS = 5;
const SEE_OTHER = 303;
/** Redirects that ask for the same request again, body included. */
const REPEATED = new Set([307, 308]);

/** Methods that change nothing. */
export const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * What Bun would do otherwise; the other runtimes do none of it. It believes a NODE_TLS_REJECT_UNAUTHORIZED=0 that was
 * set for another program, prints every header when BUN_CONFIG_VERBOSE_FETCH is set, and prints a line of its own when
 * an answer cannot be decompressed.
 */
const HARDENED = { tls: { rejectUnauthorized: true }, verbose: false, decompress: false };

/**
 * Plain http is safe to this machine only as long as no proxy carries the token off it. The option is Bun's; Node takes
 * no proxy from the environment, and under Deno NO_PROXY has to name this machine.
 */
const DIRECT = { proxy: false };

/**
 * A connection that breaks makes Bun repeat a DELETE by itself when it was in use before, and Deno repeat whatever it
 * still has the body of: so a change takes a connection of its own, and one that is final has a stream for a body. A DELETE
 * has none; it does no harm twice.
 */
const UNREPEATED = { keepalive: false };

const request = ofetch.create({
  retry: 0,
  redirect: "manual",
  responseType: "stream",
  ignoreResponseError: true,
  headers: {
    "User-Agent": `bentocloud/${VERSION}`,
    Accept: "application/json",
    "Accept-Encoding": "identity",
  },
});

/** One request with the redirects that stay under its own endpoint. */
export async function send(message: Message, { endpoint, token, signal }: Sending): Promise<Response> {
  let { method, body } = message;
  let target = String(message.url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const headers = new Headers(message.headers);
    if (token) headers.set(TOKEN_HEADER, token.reveal());
    const route = target.startsWith("http:") && isLoopback(target) ? DIRECT : {};
    const payload = body === undefined ? {} : { body: message.isFinal ? new Blob([body]).stream() : body };
    const once = SAFE.has(method) ? {} : UNREPEATED;
    const options = { method, signal, headers, ...payload, ...once, ...HARDENED, ...route };
    const response = await request.raw(target, options);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    target = followable(location, target, endpoint);
    if (SAFE.has(method) || REPEATED.has(response.status)) continue;
    if (response.status !== SEE_OTHER || message.isFinal)
      throw notRepeated(endpoint, method, response.status);
    [method, body] = ["GET", undefined];
  }
  throw new CliError("NOT_BENTOCLOUD", `${endpoint} redirects without end`);
}

/** The redirect's target, if a token may go there. */
function followable(location: string, from: string, endpoint: string): string {
  const target = URL.parse(location, from);
  if (target && isBelow(target, endpoint)) return target.href;
  throw new CliError(
    "HOST_MISMATCH",
    `${endpoint} redirects to ${showPlace(target)}; nothing was sent there`,
    {
      hint: "if the server moved, sign in with `bentocloud login --endpoint` and its new address",
    },
  );
}

/** Some clients repeat such a request as a GET, which is not what was asked for. */
function notRepeated(endpoint: string, method: string, status: number): CliError {
  return new CliError(`API_${status}`, `${endpoint} redirects the ${method} with HTTP ${status}`, {
    hint: "send it to the path it should have (often one without the last slash)",
  });
}
