import { type $Fetch, createFetch } from "ofetch";
import { CliError, usageError } from "../errors.ts";
import { BODILESS } from "../system/http.ts";
import { toAnswer } from "./answer.ts";
import type { Client, Head } from "./client.ts";
import { isReservedHeader, redactCredentials } from "./headers.ts";
import { notBentoCloud, refusedRequest } from "./refusal.ts";
import type { Message } from "./send.ts";
import { targetOf } from "./target.ts";

type Input = string | URL | Request;

/** The options that ofetch passes on: those of `fetch`, and its own for reading the answer. */
interface Init extends RequestInit {
  responseType?: string;
  ignoreResponseError?: boolean;
}

/** Enough to read a server's error from. */
const MAX_ERROR_CHARACTERS = 64 * 1024;

/** Every runtime has it; the types of Bun do not know it. */
const Streams = ReadableStream as unknown as { from(chunks: AsyncIterable<Uint8Array>): ReadableStream };

/**
 * An ofetch instance on top of a {@link Client}, with its rules: requests and redirects stay below the endpoint, safe
 * requests are retried within one deadline, an answer is JSON or an error, and errors are {@link CliError}s.
 */
export function bindFetch(
  connect: (signal: AbortSignal | undefined) => Client,
  check: (message: Message) => void,
): $Fetch {
  const send = async (input: Input, init: Init = {}): Promise<Response> => {
    const signal = init.signal ?? undefined;
    const client = connect(signal);
    try {
      const message = await toMessage(client.endpoint, input, init);
      check(message);
      return await answerTo(client, message, init);
    } catch (error) {
      const isTimeout = (signal?.reason as Error | undefined)?.name === "TimeoutError";
      if (!isTimeout || !(error instanceof CliError) || error.code !== "CANCELLED") throw error;
      throw new CliError("TIMEOUT", `${client.endpoint} did not answer within the time of this request`, {
        cause: error,
      });
    }
  };
  return createFetch({
    fetch: send as typeof fetch,
    defaults: {
      // The client has retried already.
      retry: false,
      responseType: "json",
      onRequestError({ error }) {
        throw error;
      },
    },
  });
}

/** `Request` turns every kind of body into bytes and a content type. */
async function toMessage(endpoint: string, input: Input, init: Init): Promise<Message> {
  const target = input instanceof Request ? input : targetOf(endpoint, String(input));
  const request = new Request(target, init);
  const refused = [...request.headers.keys()].find(
    // A token of the caller's is replaced by that of the context.
    (name) => isReservedHeader(name) && name !== "x-yatai-api-token",
  );
  if (refused !== undefined) throw usageError(`the header ${refused} cannot be set`);
  redactCredentials(request.headers);
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
  const isError = (head: Head) => head.status >= 400 && !ignoreResponseError;
  if (responseType !== undefined && responseType !== "json" && responseType !== "text") {
    const { body, ...head } = await client.stream(message);
    if (isError(head)) throw refusedRequest(toAnswer(head, await beginningOf(body)), client.endpoint);
    return new Response(BODILESS.has(head.status) ? null : Streams.from(body), head);
  }
  const { text, ...head } = await client.read(message);
  const answer = toAnswer(head, text);
  if (isError(head)) throw refusedRequest(answer, client.endpoint);
  if (head.status < 400 && responseType !== "text" && answer.notJson)
    throw notBentoCloud(client.endpoint, answer.notJson);
  return new Response(text.trim() === "" ? null : text, head);
}

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MAX_ERROR_CHARACTERS) break;
  }
  return text;
}
