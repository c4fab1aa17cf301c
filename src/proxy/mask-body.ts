import { setImmediate as afterEvents } from "node:timers/promises";
import { releaseMemory } from "../system/runtime.ts";
import type { Mask } from "./mask.ts";

const SHORT_BYTES = 64 * 1024;
const RELEASE_EVERY_BYTES = 64 * 1024 * 1024;

/**
 * The body of an answer, with the secret masked. What is short, or has arrived already, is passed on as a whole, because
 * a stream takes three times the work.
 */
export async function maskBody(response: Response, mask: Mask): Promise<BodyInit | null> {
  const { body, headers } = response;
  if (body === null) return null;
  const chunks = mask.chunks(body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>);
  // Bun gives a type to every other body that has none, and a browser would believe it.
  if (!headers.has("content-type")) return streamOf(chunks, []);
  const length = headers.get("content-length");
  if (length !== null && Number(length) <= SHORT_BYTES)
    return mask.bytes(new Uint8Array(await response.arrayBuffer()));
  const begun = [chunks.next(), chunks.next()] as const;
  const end = begun[1].then(({ done }) => done === true);
  const isWhole = await Promise.race([end, afterEvents(false)]);
  return isWhole ? ((await begun[0]).value ?? null) : streamOf(chunks, [...begun]);
}

/** Reads a chunk when the client has taken the one before. */
function streamOf(
  chunks: AsyncGenerator<BodyChunk, void>,
  begun: Promise<IteratorResult<BodyChunk, void>>[],
): ReadableStream<BodyChunk> {
  let unreleased = 0;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await (begun.shift() ?? chunks.next());
      if (done) return controller.close();
      controller.enqueue(value);
      unreleased += value.length;
      if (unreleased < RELEASE_EVERY_BYTES) return;
      unreleased = 0;
      releaseMemory();
    },
    async cancel() {
      await chunks.return();
    },
  });
}

type BodyChunk = Uint8Array<ArrayBuffer>;
