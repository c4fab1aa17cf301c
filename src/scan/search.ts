import { type Encoding, spellingsOf } from "./encodings.ts";
import { Matcher } from "./matcher.ts";
import { CONTEXT_BYTES, searchPossible } from "./possible.ts";

export interface Hit {
  /** Index of the value that was found; undefined for a possible one. */
  value: number | undefined;
  /** The text of a possible one. */
  text: string | undefined;
  encoding: Encoding;
  /** Of its first byte, from the beginning of the stream. */
  offset: number;
}

const CHUNK_BYTES = 256 * 1024;

interface Patterns {
  matcher: Matcher;
  /** What each pattern stands for. */
  meanings: readonly { value: number; encoding: Encoding }[];
  values: ReadonlySet<string>;
}

function preparePatterns(values: readonly string[]): Patterns {
  const spellings = values.flatMap((text, value) => spellingsOf(text).map((one) => ({ ...one, value })));
  return {
    matcher: new Matcher(spellings.map(({ text }) => text)),
    meanings: spellings.map(({ value, encoding }) => ({ value, encoding })),
    values: new Set(values),
  };
}

/**
 * Searches streams of any length, one after the other, with one buffer. The end of each part stays in front of the next
 * one, so that nothing is missed at a boundary.
 */
export class Search {
  readonly #patterns: Patterns;
  readonly #now: Date;
  readonly #keep: number;
  readonly #buffer: Buffer;
  /** How many bytes of the buffer are from before. */
  #kept = 0;
  /** Offset of the buffer's first byte in the stream. */
  #base = 0;
  /** Words that begin before this position of the buffer have been looked for. */
  #searched = 0;
  #hits: Hit[] = [];

  constructor(values: readonly string[], now: Date, patterns = preparePatterns(values)) {
    this.#patterns = patterns;
    this.#now = now;
    this.#keep = Math.max(patterns.matcher.longest, 2 * CONTEXT_BYTES);
    this.#buffer = Buffer.allocUnsafe(this.#keep + CHUNK_BYTES);
  }

  /** A search for the same values in a stream at the same time. */
  another(): Search {
    return new Search([], this.#now, this.#patterns);
  }

  /** Where the next bytes of the stream belong. */
  get room(): Buffer {
    return this.#buffer.subarray(this.#kept, this.#kept + CHUNK_BYTES);
  }

  /** Searches what was put into `room`. */
  advance(count: number): Hit[] {
    const end = this.#kept + count;
    this.#patterns.matcher.search(this.#buffer, this.#kept, end, (index, position) => {
      this.#hits.push({ ...this.#patterns.meanings[index]!, text: undefined, offset: this.#base + position });
    });
    this.#searchPossible(end - CONTEXT_BYTES, end);
    const kept = Math.min(end, this.#keep);
    this.#buffer.copyWithin(0, end - kept, end);
    this.#base += end - kept;
    this.#searched = Math.max(0, this.#searched - (end - kept));
    this.#kept = kept;
    return this.#take();
  }

  /** Ends the stream and gets ready for the next one. */
  finish(): Hit[] {
    this.#searchPossible(this.#kept, this.#kept);
    this.#kept = this.#base = this.#searched = 0;
    return this.#take();
  }

  /** Searches a part of the stream that is in the caller's memory. */
  push(bytes: Uint8Array): Hit[] {
    const hits: Hit[] = [];
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      const part = bytes.subarray(start, start + CHUNK_BYTES);
      this.room.set(part);
      hits.push(...this.advance(part.length));
    }
    return hits;
  }

  #searchPossible(to: number, end: number): void {
    if (to <= this.#searched) return;
    const range = { from: this.#searched, to, end, now: this.#now };
    searchPossible(this.#buffer.subarray(0, end), range, (text, position) => {
      const offset = this.#base + position;
      if (this.#patterns.values.has(text) || this.#hits.some((hit) => hit.offset === offset)) return;
      this.#hits.push({ value: undefined, text, encoding: "plain", offset });
    });
    this.#searched = to;
  }

  #take(): Hit[] {
    const hits = this.#hits;
    this.#hits = [];
    return hits;
  }
}
