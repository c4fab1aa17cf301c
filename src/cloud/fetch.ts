import { type $Fetch, createFetch } from "ofetch";
import { CliError } from "../errors.ts";
import { notBentoCloud } from "./auth.ts";
import type { Client, Head } from "./client.ts";
import { refusedRequest } from "./refused.ts";
import type { Message } from "./send.ts";
import { targetOf } from "./target.ts";

type Input = string | URL | Request;

/** What ofetch hands on: the options of `fetch`, and its own that say what is made of the answer. */
interface Init extends RequestInit {
  responseType?: string;
  ignoreResponseError?: boolean;
}

/** Enough for the sentence in which a server says what went wrong. */
const BEGINNING = 64 * 1024;

/**
 * An ofetch instance that sends through a client of ours and so by its rules: only below the endpoint, redirects too,
 * safe requests again within one deadline, JSON or an error. Errors are ours as well.
 */
export function bindFetch(connect: (signal: AbortSignal | undefined) => Client): $Fetch {
  const send = async (input: Input, init: Init = {}): Promise<Response> => {
    const signal = init.signal ?? undefined;
    const client = connect(signal);
    try {
      return await answerTo(client, await toMessage(client.endpoint, input, init), init);
    } catch (error) {
      throw ranOutOfTime(error, signal) ? tooLate(client.endpoint, error) : error;
    }
  };
  return createFetch({
    fetch: send as typeof fetch,
    defaults: {
      // The client has tried again already.
      retry: false,
      responseType: "json",
      onRequestError({ error }) {
        throw error;
      },
    },
  });
}

/** `Request` knows how each kind of body travels. */
async function toMessage(endpoint: string, input: Input, init: Init): Promise<Message> {
  const target = input instanceof Request ? input : targetOf(endpoint, String(input));
  const request = new Request(target, init);
  return {
    method: request.method,
    url: targetOf(endpoint, request.url),
    headers: request.headers,
    body: request.body === null ? undefined : new Uint8Array(await request.arrayBuffer()),
  };
}

async function answerTo(
  client: Client,
  message: Message,
  { responseType, ignoreResponseError }: Init,
): Promise<Response> {
  const isText = responseType === undefined || responseType === "json" || responseType === "text";
  if (!isText) {
    const { body, ...head } = await client.stream(message);
    if (head.status >= 400 && !ignoreResponseError) throw refused(client, head, await beginningOf(body));
    return new Response(hasBody(head) ? toStream(body) : null, head);
  }
  const { text, ...head } = await client.read(message);
  if (head.status >= 400 && !ignoreResponseError) throw refused(client, head, text);
  const isBlank = text.trim() === "";
  if (head.status < 400 && responseType !== "text" && !isBlank && parse(text) === undefined)
    throw notBentoCloud(client.endpoint, text.trimStart().startsWith("<") ? "a web page" : "no JSON");
  return new Response(isBlank ? null : text, head);
}

function refused({ endpoint }: Client, { status }: Head, text: string): CliError {
  return refusedRequest({ status, body: parse(text) }, endpoint);
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    if (text.length >= BEGINNING) break;
  }
  return text;
}

function hasBody({ status }: Head): boolean {
  return ![204, 205, 304].includes(status);
}

function toStream(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}

function ranOutOfTime(error: unknown, signal: AbortSignal | undefined): boolean {
  const isCancelled = error instanceof CliError && error.code === "CANCELLED";
  return isCancelled && (signal?.reason as Error | undefined)?.name === "TimeoutError";
}

function tooLate(endpoint: string, cause: unknown): CliError {
  return new CliError("TIMEOUT", `${endpoint} did not answer within the time of this request`, { cause });
}
