import { setTimeout as sleep } from "node:timers/promises";
import { isLoopback, parseEndpoint } from "../contexts/endpoint.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, usageError } from "../errors.ts";
import { type Answer, readRetryAfter, readText, toAnswer } from "./answer.ts";
import { Deadline } from "./deadline.ts";
import { type Message, SAFE, send } from "./send.ts";
import { transportError } from "./transport.ts";

/**
 * Every request of this program. Safe requests are tried again within one deadline that covers everything; a request
 * that may change something is sent once.
 */
export interface Client {
  readonly endpoint: string;
  /**
   * An answer in JSON. `path` starts with a slash and may carry a query; it is appended to the endpoint. `once` leaves
   * trying again to the caller.
   */
  get(path: string, options?: { once?: boolean }): Promise<Answer>;
  /**
   * A request that changes something, with a JSON body if one is given. Never sent twice: when the answer is lost, the
   * server may have acted.
   */
  change(method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Answer>;
  /** Any answer, read to its end; 10 MiB at most. */
  read(message: Message): Promise<Head & { text: string }>;
  /** Any answer, as it comes, of any size. Only its pauses are limited in time. */
  stream(message: Message): Promise<Head & { body: AsyncIterable<Uint8Array> }>;
}

export interface Head {
  status: number;
  statusText: string;
  headers: Headers;
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

const MAX_RETRIES = 3;
const FIRST_DELAY_MS = 250;
const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

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
    get: (path, { once = false } = {}) =>
      exchange(call, { method: "GET", url: endpoint + path }, once ? 0 : MAX_RETRIES, async (response) =>
        toAnswer(response, await readText(response, endpoint)),
      ),
    change: (method, path, body) =>
      exchange(call, { method, url: endpoint + path, isFinal: true, ...inJson(body) }, 0, async (response) =>
        toAnswer(response, await readText(response, endpoint)),
      ),
    read: (message) =>
      exchange(call, message, MAX_RETRIES, async (response) => ({
        ...headOf(response),
        text: await readText(response, endpoint),
      })),
    stream: (message) =>
      exchange(call, message, MAX_RETRIES, async (response, deadline) => ({
        ...headOf(response),
        body: piecesOf(call, message, { response, deadline }),
      })),
  };
}

function inJson(body: unknown): Pick<Message, "headers" | "body"> {
  if (body === undefined) return {};
  return {
    headers: new Headers({ "Content-Type": "application/json" }),
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}

type Call = ClientOptions & { endpoint: string };

/** Takes the answer that counts, while the deadline runs. */
type Reader<T> = (response: Response, deadline: Deadline) => Promise<T>;

function headOf({ status, statusText, headers }: Response): Head {
  return { status, statusText, headers };
}

/** Sends a message until an answer counts: one of success, one that trying again cannot change, or the last one. */
async function exchange<T>(call: Call, message: Message, retries: number, read: Reader<T>): Promise<T> {
  const end = performance.now() + call.timeoutMs;
  const tries = SAFE.has(message.method) ? retries : 0;
  let earlier: CliError | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const waitFor = (askedForMs = 0) => {
      const wait = delayBefore(attempt, askedForMs);
      return attempt < tries && performance.now() + wait < end ? wait : undefined;
    };
    const result = await attemptOnce(call, message, { end, waitFor, read });
    if ("value" in result) return result.value;
    const { wait, error } = result;
    // A last try that ran out of time says less than a connection that failed before it.
    if (wait === undefined) throw error?.code === "TIMEOUT" && earlier ? earlier : error;
    earlier = error;
    call.debug(`trying again in ${Math.round(wait)} ms`);
    await sleep(wait, undefined, { signal: call.signal }).catch(() => {
      throw cancelled(message.method);
    });
  }
}

type Attempt<T> = { value: T } | { wait: number | undefined; error?: CliError };

interface Chance<T> {
  end: number;
  /** How long to wait before another try; undefined when there is none left. */
  waitFor(askedForMs?: number): number | undefined;
  read: Reader<T>;
}

async function attemptOnce<T>(call: Call, message: Message, chance: Chance<T>): Promise<Attempt<T>> {
  const started = performance.now();
  const deadline = new Deadline(call.signal);
  deadline.set(chance.end - started);
  const trace = (result: string) => {
    // A query can hold a sign-in code, which is as good as a token.
    const place = String(message.url).split("?")[0];
    call.debug(`${message.method} ${place} -> ${result} (${Math.round(performance.now() - started)} ms)`);
  };
  try {
    const response = await send(message, { ...call, signal: deadline.signal });
    trace(String(response.status));
    const wait = RETRIED.has(response.status) ? chance.waitFor(readRetryAfter(response)) : undefined;
    if (wait === undefined) return { value: await chance.read(response, deadline) };
    await response.body?.cancel();
    return { wait };
  } catch (error) {
    const failure = failureOf(call, message, error);
    trace(`${failure.code}: ${failure.message}`);
    return { error: failure, wait: failure.code === "UNREACHABLE" ? chance.waitFor() : undefined };
  } finally {
    deadline.clear();
  }
}

/** The body of an answer, piece by piece. The time that the reader takes for one does not count. */
async function* piecesOf(
  call: Call,
  message: Message,
  { response, deadline }: { response: Response; deadline: Deadline },
): AsyncGenerator<Uint8Array> {
  try {
    deadline.set(call.timeoutMs);
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      deadline.clear();
      yield piece;
      deadline.set(call.timeoutMs);
    }
  } catch (error) {
    throw failureOf(call, message, error);
  } finally {
    deadline.clear();
  }
}

function failureOf(call: Call, { method }: Message, error: unknown): CliError {
  if (call.signal.aborted) return cancelled(method);
  if (error instanceof CliError) return error;
  const failure = transportError(error, call.endpoint, call.timeoutMs);
  if (SAFE.has(method) || !["TIMEOUT", "UNREACHABLE"].includes(failure.code)) return failure;
  return new CliError(failure.code, failure.message, {
    hint: `the server may have carried out the ${method} all the same: look before you repeat it`,
    cause: error,
  });
}

/** Exponential with jitter, or what the server asks for when that is longer. */
function delayBefore(attempt: number, askedForMs: number): number {
  const ceiling = FIRST_DELAY_MS * 2 ** attempt;
  return Math.max(askedForMs, ceiling * (0.5 + Math.random() / 2));
}

export function cancelled(method = "GET"): CliError {
  const effect = SAFE.has(method) ? "nothing was changed" : "the server may have carried it out already";
  return new CliError("CANCELLED", `cancelled; ${effect}`);
}
