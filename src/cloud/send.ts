import { ofetch } from "ofetch";
import { isLoopback } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { isBelow, showPlace } from "./target.ts";

/**
 * The one place that sends requests. A token goes only to the origin and path prefix of its own endpoint: redirects are
 * followed here, because `fetch` forwards custom headers to any origin.
 */
export interface Message {
  /** In capitals. */
  method: string;
  /** Below the endpoint; see `targetOf` for what a user wrote. */
  url: URL | string;
  headers?: Headers;
  body?: Uint8Array<ArrayBuffer> | Blob | undefined;
  /** Must not be carried out twice: no runtime repeats it, and no redirect turns it into a GET. */
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
/** Redirects that keep method and body. */
const REPEATED = new Set([307, 308]);

/** Methods without side effects. */
export const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Options of Bun alone. By default it obeys a NODE_TLS_REJECT_UNAUTHORIZED=0 that was set for another program, prints
 * every header when BUN_CONFIG_VERBOSE_FETCH is set, and prints a message when an answer cannot be decompressed.
 */
const HARDENED = { tls: { rejectUnauthorized: true }, verbose: false, decompress: false };

/**
 * Plain http to this machine is safe only without a proxy. The option is Bun's; Node takes no proxy from the environment,
 * and under Deno NO_PROXY has to name this machine.
 */
const DIRECT = { proxy: false };

/**
 * For requests with side effects. When a reused connection breaks, Bun repeats a DELETE by itself, so these take a new
 * connection. Deno repeats every request whose body it still has, so a final one has a stream for a body; a DELETE has
 * no body, but is harmless twice.
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

/** Sends one request, and follows redirects that stay below its endpoint. */
export async function send(message: Message, { endpoint, token, signal }: Sending): Promise<Response> {
  let { method, body } = message;
  let target = String(message.url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const headers = new Headers(message.headers);
    if (token) headers.set(TOKEN_HEADER, token.reveal());
    const route = target.startsWith("http:") && isLoopback(target) ? DIRECT : {};
    const payload = body === undefined ? {} : { body: message.isFinal ? new Blob([body]).stream() : body };
    const connection = SAFE.has(method) ? {} : UNREPEATED;
    const options = { method, signal, headers, ...payload, ...connection, ...HARDENED, ...route };
    const response = await request.raw(target, options);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    target = followable(location, target, endpoint);
    if (SAFE.has(method) || REPEATED.has(response.status)) continue;
    // Other clients repeat such a request as a GET, which would be another request.
    if (response.status !== SEE_OTHER || message.isFinal) {
      const sentence = `${endpoint} redirects the ${method} with HTTP ${response.status}`;
      throw new CliError(`API_${response.status}`, sentence, {
        hint: "use the path that it redirects to, often the one without the last slash",
      });
    }
    [method, body] = ["GET", undefined];
  }
  throw new CliError("NOT_BENTOCLOUD", `${endpoint} redirects endlessly`);
}

/** @throws CliError `HOST_MISMATCH` when the token must not go to the redirect's target. */
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
