import { setTimeout as sleep } from "node:timers/promises";
import { ofetch } from "ofetch";
import { isLoopback, parseEndpoint } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, usageError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { type Answer, readAnswer, serverText } from "./answer.ts";
import { transportError } from "./transport.ts";

/**
 * Every request of this program. A token goes to the origin and path prefix of its own endpoint and nowhere else:
 * redirects are followed by hand, because `fetch` forwards a custom header to any origin. An answer is JSON or an
 * error; safe requests are tried again within one deadline that covers everything.
 */
export interface Client {
  readonly endpoint: string;
  /**
   * `path` starts with a slash and may carry a query; it is appended to the endpoint. `once` leaves trying again to
   * the caller.
   */
  get(path: string, options?: { once?: boolean }): Promise<Answer>;
}

export interface ClientOptions {
  endpoint: string;
  token?: Token;
  timeoutMs: number;
  signal: AbortSignal;
  /** Plain http to a host that is not this machine, because the user said so on this command. */
  insecureHttp: boolean;
  debug: (message: string) => void;
}

const TOKEN_HEADER = "X-YATAI-API-TOKEN";
const MAX_REDIRECTS = 5;
const MAX_RETRIES = 3;
const FIRST_DELAY_MS = 250;
const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

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

/** @throws CliError when the endpoint may not be spoken to, or the token could not travel in a header. */
export function createClient(options: ClientOptions): Client {
  const endpoint = parseEndpoint(options.endpoint);
  if (endpoint.startsWith("http:") && !isLoopback(endpoint) && !options.insecureHttp) {
    throw usageError(
      `${endpoint} is plain http: anyone on the way could read the token`,
      "use https://, or pass --insecure-http if you accept that",
    );
  }
  if (options.token && !options.token.sendable) {
    throw new CliError("TOKEN_REJECTED", "the stored API token has characters that no token has", {
      hint: "sign in again with `bentocloud login`",
    });
  }
  const call: Call = { ...options, endpoint };
  return {
    endpoint,
    get: (path, { once = false } = {}) => getWithRetries(call, endpoint + path, once ? 0 : MAX_RETRIES),
  };
}

type Call = ClientOptions & { endpoint: string };

async function getWithRetries(call: Call, url: string, retries: number): Promise<Answer> {
  const deadline = performance.now() + call.timeoutMs;
  let earlier: Attempt | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const latest = await attemptOnce(call, url, deadline);
    // A last try that ran out of time says less than a connection that failed before it.
    const result = latest.error?.code === "TIMEOUT" && earlier?.error ? { ...earlier, again: false } : latest;
    earlier = result;
    const wait = delayBefore(attempt, result);
    const isLast = attempt >= retries || performance.now() + wait >= deadline;
    if (!result.again || isLast) {
      if (result.error) throw result.error;
      return result.answer;
    }
    call.debug(`trying again in ${Math.round(wait)} ms`);
    await sleep(wait, undefined, { signal: call.signal }).catch(() => {
      throw cancelled();
    });
  }
}

type Attempt = { again: boolean } & (
  | { answer: Answer; error?: undefined }
  | { answer?: undefined; error: CliError }
);

async function attemptOnce(call: Call, url: string, deadline: number): Promise<Attempt> {
  const started = performance.now();
  const signal = AbortSignal.any([
    call.signal,
    AbortSignal.timeout(Math.max(1, Math.ceil(deadline - started))),
  ]);
  const trace = (result: string) => {
    // A query can hold a sign-in code, which is as good as a token.
    call.debug(`GET ${url.split("?")[0]} -> ${result} (${Math.round(performance.now() - started)} ms)`);
  };
  try {
    const response = await send(call, url, signal);
    const answer = await readAnswer(response, call.endpoint);
    trace(String(answer.status));
    return { answer, again: RETRIED.has(answer.status) };
  } catch (error) {
    if (call.signal.aborted) throw cancelled();
    const failure = error instanceof CliError ? error : transportError(error, call.endpoint, call.timeoutMs);
    trace(`${failure.code}: ${failure.message}`);
    return { error: failure, again: failure.code === "UNREACHABLE" };
  }
}

/** One request with the redirects that stay under its own endpoint. */
async function send(call: Call, url: string, signal: AbortSignal): Promise<Response> {
  let target = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const headers = call.token ? { [TOKEN_HEADER]: call.token.reveal() } : {};
    const route = target.startsWith("http:") && isLoopback(target) ? DIRECT : {};
    const response = await request.raw(target, { signal, headers, ...HARDENED, ...route });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    target = followable(location, target, call.endpoint);
  }
  throw new CliError("NOT_BENTOCLOUD", `${call.endpoint} redirects without end`);
}

/** The redirect's target, if a token may go there. */
function followable(location: string, from: string, endpoint: string): string {
  const own = new URL(endpoint);
  const prefix = own.pathname.replace(/\/*$/, "/");
  const target = URL.parse(location, from);
  // Some servers take `..%2f` for a step upward, so a path with an encoded separator may lead out of the prefix.
  const isOwn =
    target?.origin === own.origin &&
    target.pathname.startsWith(prefix) &&
    !/%2f|%5c/i.test(target.pathname) &&
    target.username + target.password === "";
  if (isOwn) return target.href;
  const place = target?.origin === "null" ? target.protocol : target && target.origin + target.pathname;
  const name = serverText(place, 200) ?? "an unreadable address";
  throw new CliError("HOST_MISMATCH", `${endpoint} redirects to ${name}; nothing was sent there`, {
    hint: "if the server moved, sign in with `bentocloud login --endpoint` and its new address",
  });
}

/** Exponential with jitter, or what the server asks for when that is longer. */
function delayBefore(attempt: number, { answer }: Attempt): number {
  const ceiling = FIRST_DELAY_MS * 2 ** attempt;
  return Math.max(answer?.retryAfterMs ?? 0, ceiling * (0.5 + Math.random() / 2));
}

export function cancelled(): CliError {
  return new CliError("CANCELLED", "cancelled; nothing was changed");
}
