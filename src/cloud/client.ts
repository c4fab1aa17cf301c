import { setTimeout as sleep } from "node:timers/promises";
import { type Endpoint, isLoopback, parseEndpoint, parseStoredEndpoint } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { cancelled, CliError, usageError } from "../errors.ts";
import type { Route } from "../system/upstream-proxy.ts";
import type { Environment } from "../system/runtime.ts";
import { type Answer, readRetryAfter, readText, toAnswer } from "./answer.ts";
import { Deadline } from "./deadline.ts";
import { showProxy, toText } from "./faults.ts";
import { routeOf } from "./route.ts";
import { readMeaning } from "./sentences.ts";
import { type Message, SAFE, send } from "./send.ts";
import { isFinal, isUnsent, transportError } from "./transport.ts";

/**
 * Every request of this program. A safe request is retried within one deadline for all attempts; a request that may
 * change something is sent once.
 */
export interface Client {
  readonly endpoint: string;
  /** An answer in JSON. `path` starts with a slash and is appended to the endpoint. With `once`, the caller retries. */
  get(path: string, options?: { once?: boolean }): Promise<Answer>;
  /** A request with side effects and a JSON body. When the answer is lost, the server may have acted. */
  change(method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Answer>;
  /** Any answer up to 10 MiB. */
  read(message: Message): Promise<Head & { text: string }>;
  /** An answer of any size, chunk by chunk. The time limit applies to its head and to each pause in its body. */
  stream(message: Message): Promise<Head & { body: AsyncIterable<Uint8Array> }>;
}

export interface Head {
  status: number;
  statusText: string;
  headers: Headers;
}

export interface ClientOptions {
  endpoint: string | Endpoint;
  token?: Token;
  timeoutMs: number;
  signal: AbortSignal;
  /** With the proxy variables. */
  env: Environment;
  /** Allows plain http to a host that is not this machine. */
  insecureHttp: boolean;
  debug: (message: string) => void;
}

const MAX_RETRIES = 3;
const FIRST_DELAY_MS = 250;

/** @throws CliError when the endpoint must not be used, or the token cannot be sent in a header. */
export function requireUsable({
  endpoint: given,
  token,
  insecureHttp,
}: Pick<ClientOptions, "endpoint" | "token" | "insecureHttp">): string {
  const endpoint = typeof given === "string" ? parseEndpoint(given) : parseStoredEndpoint(given);
  if (endpoint.startsWith("http:") && !isLoopback(endpoint) && !insecureHttp) {
    throw usageError(
      `${endpoint} is plain http: anyone on the way could read the token`,
      "use https://, or pass --insecure-http if you accept that",
    );
  }
  if (token && !token.sendable) {
    throw new CliError("TOKEN_REJECTED", "the stored API token has characters that no token has");
  }
  return endpoint;
}

/** @throws CliError as {@link requireUsable} does. */
export function createClient(options: ClientOptions): Client {
  const endpoint = requireUsable(options);
  const call: Call = { ...options, endpoint };
  const readAnswer = async (response: Response) => toAnswer(response, await readText(response, endpoint));
  return {
    endpoint,
    get: (path, how) => exchange(call, { method: "GET", url: endpoint + path }, readAnswer, how),
    change: (method, path, body) =>
      exchange(call, { method, url: endpoint + path, isFinal: true, ...inJson(body) }, readAnswer),
    read: (message) =>
      exchange(call, message, async (response) => ({
        ...headOf(response),
        text: await readText(response, endpoint),
      })),
    stream: (message) =>
      exchange(call, message, async (response, deadline) => ({
        ...headOf(response),
        body: chunksOf(response, call, { message, deadline }),
      })),
  };
}

type Call = Omit<ClientOptions, "endpoint"> & { endpoint: string };

function inJson(body: unknown): Pick<Message, "headers" | "body"> {
  if (body === undefined) return {};
  return {
    headers: new Headers({ "Content-Type": "application/json" }),
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}

function headOf({ status, statusText, headers }: Response): Head {
  return { status, statusText, headers };
}

/** Sends a message until there is a success, an answer that a retry would not change, or no time left. */
async function exchange<T>(
  call: Call,
  message: Message,
  read: (response: Response, deadline: Deadline) => Promise<T>,
  { once = false } = {},
): Promise<T> {
  const { method } = message;
  const route = routeOf(new URL(message.url), call.env);
  const end = performance.now() + call.timeoutMs;
  const retries = once || !SAFE.has(method) ? 0 : MAX_RETRIES;
  let earlier: CliError | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const started = performance.now();
    const deadline = new Deadline(call.signal);
    deadline.set(end - started);
    let pause: number | undefined;
    try {
      let response = await send(message, { ...call, route, signal: deadline.signal });
      trace(call, message, { route, result: String(response.status), started });
      let isRetried = isRetriedStatus(response.status) && attempt < retries;
      if (attempt < retries && mayHideTrouble(response)) {
        const text = await readText(response, call.endpoint);
        isRetried = readMeaning(toAnswer(response, text)).meaning === "trouble";
        response = new Response(text, headOf(response));
      }
      pause = isRetried ? pauseBefore(attempt, end, readRetryAfter(response)) : undefined;
      if (pause === undefined) return await read(response, deadline);
      await response.body?.cancel();
    } catch (error) {
      const failure = await failureOf(call, message, deadline.reasonFor(error));
      trace(call, message, { route, result: `${failure.code}: ${failure.message}`, started });
      const isRetried = failure.code === "UNREACHABLE" && !isFinal(error) && attempt < retries;
      pause = isRetried ? pauseBefore(attempt, end) : undefined;
      // When the time runs out during a retry, the error before it says more.
      if (pause === undefined) throw failure.code === "TIMEOUT" && earlier ? earlier : failure;
      earlier = failure;
    } finally {
      deadline.clear();
    }
    call.debug(`trying again in ${Math.round(pause)} ms`);
    await sleep(pause, undefined, { signal: call.signal }).catch(() => {
      throw cancelledDuring(method);
    });
  }
}

function isRetriedStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Yatai also reports its own failures with 400 and 403. */
function mayHideTrouble({ status, headers }: Response): boolean {
  const isJson = /^application\/json\b/i.test(headers.get("content-type") ?? "");
  return (status === 400 || status === 403) && isJson && !headers.has("content-encoding");
}

/** Exponential with jitter, or longer if the server asks for it; undefined when it would end after the deadline. */
function pauseBefore(attempt: number, end: number, askedForMs = 0): number | undefined {
  const ms = Math.max(askedForMs, FIRST_DELAY_MS * 2 ** attempt * (0.5 + Math.random() / 2));
  return performance.now() + ms < end ? ms : undefined;
}

function trace(
  call: Call,
  { method, url }: Message,
  { route, result, started }: { route: Route; result: string; started: number },
): void {
  // The query can hold a sign-in code, which is as good as a token.
  const [place] = String(url).split("?");
  const through = route.kind === "proxy" ? ` through ${toText(showProxy(route))}` : "";
  const ms = Math.round(performance.now() - started);
  call.debug(`${method} ${place}${through} -> ${result} (${ms} ms)`);
}

/** The chunks of a body. The time limit does not count the time that the caller takes for a chunk. */
async function* chunksOf(
  response: Response,
  call: Call,
  { message, deadline }: { message: Message; deadline: Deadline },
): AsyncGenerator<Uint8Array> {
  try {
    deadline.set(call.timeoutMs);
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      deadline.clear();
      yield chunk;
      deadline.set(call.timeoutMs);
    }
  } catch (error) {
    throw await failureOf(call, message, deadline.reasonFor(error));
  } finally {
    deadline.clear();
  }
}

async function failureOf(call: Call, { method, url: target }: Message, error: unknown): Promise<CliError> {
  if (call.signal.aborted) return cancelledDuring(method);
  if (error instanceof CliError) return error;
  const url = new URL(target);
  const failure = await transportError(error, { ...call, url, route: routeOf(url, call.env) });
  const isSettled = SAFE.has(method) || isUnsent(error) || !["TIMEOUT", "UNREACHABLE"].includes(failure.code);
  if (isSettled) return failure;
  return new CliError(failure.code, failure.message, {
    hint: `the server may have carried out the ${method} anyway: look before you repeat it`,
    cause: error,
  });
}

function cancelledDuring(method: string): CliError {
  return SAFE.has(method) ? cancelled() : cancelled("the server may have carried it out already");
}
