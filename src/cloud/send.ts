import { createFetch, type FetchOptions } from "ofetch";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { transmit, type Transmission } from "../system/http.ts";
import { ProxyError, type Route } from "../system/upstream-proxy.ts";
import { VERSION } from "../version.ts";
import { isBelow, showPlace, targetOf } from "./target.ts";

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
  /** Whether a redirect must not turn it into a GET. */
  isFinal?: boolean;
}

interface Sending {
  endpoint: string;
  token?: Token;
  route: Route;
  signal: AbortSignal;
}

export const TOKEN_HEADER = "X-YATAI-API-TOKEN";
const MAX_REDIRECTS = 5;
const SEE_OTHER = 303;
/** Redirects that keep method and body. */
const REPEATED = new Set([307, 308]);

/** Methods without side effects. */
export const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** ofetch over a transport of ours. It neither repeats a request nor judges an answer here: the client does. */
const request = createFetch({
  fetch: ((input: string, options: Options) =>
    transmit({ ...options, url: new URL(input), headers: new Headers(options.headers) })) as typeof fetch,
  defaults: {
    retry: false,
    responseType: "stream",
    ignoreResponseError: true,
    onRequestError({ error }) {
      throw error;
    },
    // No compression: see `readText`.
    headers: {
      "User-Agent": `bentocloud/${VERSION}`,
      Accept: "application/json",
      "Accept-Encoding": "identity",
    },
  },
});

/** The options that ofetch passes on to the transport. */
type Options = Omit<FetchOptions<"stream">, "body"> & Omit<Transmission, "url" | "headers">;

type Transport = (transmission: Transmission) => Promise<Response>;

const throughOfetch: Transport = ({ url, ...options }) =>
  request.raw<unknown, "stream">(url.href, options as Options);

/** Sends one request and gives its answer, which may be a redirect. The caller has made sure that the URL may get the token. */
export async function sendOnce(
  { method, url, headers, body }: Pick<Transmission, "method" | "url" | "headers" | "body">,
  { token, route, signal }: Omit<Sending, "endpoint" | "token"> & { token: Token | undefined },
  transport: Transport = throughOfetch,
): Promise<Response> {
  if (token) headers.set(TOKEN_HEADER, token.reveal());
  const isRepeatable = SAFE.has(method);
  const response = await transport({ method, url, headers, body, route, signal, isRepeatable });
  const isForwarded = route.kind === "proxy" && url.protocol === "http:";
  if (!isForwarded || !wantsProxyCredentials(response, headers)) return response;
  await response.body?.cancel();
  throw new ProxyError(response.status);
}

/** Sends one request, and follows redirects that stay below its endpoint. */
export async function send(message: Message, { endpoint, token, route, signal }: Sending): Promise<Response> {
  let { method, body } = message;
  let url = targetOf(endpoint, String(message.url));
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const headers = new Headers(message.headers);
    const response = await sendOnce({ method, url, headers, body }, { token, route, signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    url = followable(location, url, endpoint);
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

/**
 * Tinyproxy says 401 when credentials are wrong. No BentoCloud or Yatai asks for a user name and a password, but a
 * gateway may, for which the caller has sent its own.
 */
function wantsProxyCredentials({ status, headers }: Response, sent: Headers): boolean {
  if (status === 407) return true;
  const isBasic = /^basic\b/i.test(headers.get("www-authenticate") ?? "");
  return status === 401 && isBasic && !sent.has("authorization");
}

/** @throws CliError `HOST_MISMATCH` when the token must not go to the redirect's target. */
function followable(location: string, from: URL, endpoint: string): URL {
  const target = URL.parse(location, from);
  if (target && isBelow(target, endpoint)) return target;
  throw new CliError(
    "HOST_MISMATCH",
    `${endpoint} redirects to ${showPlace(target)}; nothing was sent there`,
  );
}
