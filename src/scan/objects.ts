import { compressionOf, LARGEST_POINTER, lfsObjectOf } from "./contents.ts";
import { CONTEXT_BYTES } from "./possible.ts";
import type { Hit, Search } from "./search.ts";

export interface ObjectHeader {
  name: string;
  type: string;
  /** In bytes. */
  size: number;
}

/** A hit with the object that contains it; its offset is that in the object's content. */
export interface ObjectHit extends ObjectHeader {
  hit: Hit;
}

const EMPTY: Buffer = Buffer.alloc(0);
const LINE_FEED = 10;
const LONGEST_HEADER = 200;

/**
 * Searches what `git cat-file --batch` prints: for each object a line with name, type and size, its content, and a line
 * feed. The stream is searched as one, because most objects are small; no spelling of a token can contain the line
 * between two objects. Afterwards each hit gets the object that was there.
 */
export class ObjectStream {
  objects = 0;
  bytes = 0;
  compressed = 0;
  readonly hits: ObjectHit[] = [];
  readonly lfsObjects = new Set<string>();
  /** Names that git could not read the object of. */
  readonly missing: string[] = [];
  readonly #search: Search;
  /** Offset of the next byte in the stream. */
  #offset = 0;
  /** Offset at which the next header begins. */
  #next = 0;
  /** The beginning of a header, or of a small blob, that was cut by the end of a chunk. */
  #cut: Buffer = EMPTY;
  /** Size of the small blob that was cut; undefined for a header. */
  #cutSize: number | undefined;
  /** Those that a hit may still be in, because a possible token is only told from what follows it. */
  #recent: (ObjectHeader & { start: number })[] = [];

  constructor(search: Search) {
    this.#search = search;
  }

  push(chunk: Buffer): void {
    const hits = this.#search.push(chunk);
    const end = this.#offset + chunk.length;
    this.#finishBlob(chunk);
    while (this.#next < end) {
      const at = this.#next - this.#offset;
      const lineEnd = chunk.indexOf(LINE_FEED, at);
      const line = chunk.subarray(at, lineEnd === -1 ? chunk.length : lineEnd);
      const header = this.#cut.toString("latin1") + line.toString("latin1");
      if (header.length > LONGEST_HEADER) throw new Error("git cat-file printed no header");
      this.#cut = lineEnd === -1 ? Buffer.concat([this.#cut, line]) : EMPTY;
      if (lineEnd === -1) this.#next = end;
      else this.#begin(header, this.#offset + lineEnd + 1, chunk.subarray(lineEnd + 1));
    }
    this.#settle(hits);
    this.#offset = end;
    const current = this.#recent.findLastIndex(({ start }) => start < end - 2 * CONTEXT_BYTES);
    if (current > 0) this.#recent.splice(0, current);
  }

  finish(): void {
    this.#settle(this.#search.finish());
  }

  #begin(header: string, start: number, rest: Buffer): void {
    const [name = "", type = "", length = ""] = header.split(" ");
    const size = Number(length);
    this.#next = start;
    if (length === "" || !Number.isInteger(size)) return void this.missing.push(name);
    this.objects += 1;
    this.bytes += size;
    this.#recent.push({ name, type, size, start });
    this.#next = start + size + 1;
    if (type !== "blob") return;
    if (compressionOf(rest.subarray(0, size))) this.compressed += 1;
    if (size > rest.length && size <= LARGEST_POINTER) {
      this.#cut = Buffer.from(rest);
      this.#cutSize = size;
    } else this.#noteBlob(rest.subarray(0, size));
  }

  #finishBlob(chunk: Buffer): void {
    if (this.#cutSize === undefined) return;
    this.#cut = Buffer.concat([this.#cut, chunk.subarray(0, this.#cutSize - this.#cut.length)]);
    if (this.#cut.length < this.#cutSize) return;
    this.#noteBlob(this.#cut);
    this.#cut = EMPTY;
    this.#cutSize = undefined;
  }

  #noteBlob(content: Buffer): void {
    const object = lfsObjectOf(content);
    if (object !== undefined) this.lfsObjects.add(object);
  }

  #settle(hits: readonly Hit[]): void {
    for (const hit of hits) {
      const object = this.#recent.findLast(({ start }) => start <= hit.offset);
      if (!object) continue;
      const { start, ...header } = object;
      this.hits.push({ ...header, hit: { ...hit, offset: hit.offset - start } });
    }
  }
}
