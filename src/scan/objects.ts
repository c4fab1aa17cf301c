import { compressionOf, LARGEST_POINTER, lfsObjectOf } from "./contents.ts";
import { LINE_FEED } from "./git.ts";
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
  /** The bytes received so far of an object whose header and first bytes have not all arrived. */
  #cut: Buffer = EMPTY;
  /** Those that a hit may still be in, because a possible token is only told from what follows it. */
  #recent: (ObjectHeader & { start: number })[] = [];
  /** Hits whose object is not known yet. */
  #unsettled: Hit[] = [];

  constructor(search: Search) {
    this.#search = search;
  }

  push(chunk: Buffer): void {
    this.#unsettled.push(...this.#search.push(chunk));
    const bytes = this.#cut.length === 0 ? chunk : Buffer.concat([this.#cut, chunk]);
    this.#offset += chunk.length;
    const base = this.#offset - bytes.length;
    while (this.#next < this.#offset && this.#begin(bytes, base));
    this.#cut = this.#next < this.#offset ? Buffer.from(bytes.subarray(this.#next - base)) : EMPTY;
    this.#settle();
    const current = this.#recent.findLastIndex(({ start }) => start < this.#offset - 2 * CONTEXT_BYTES);
    if (current > 0) this.#recent.splice(0, current);
  }

  finish(): void {
    this.#unsettled.push(...this.#search.finish());
    this.#next = this.#offset;
    this.#settle();
  }

  /** Reads the next header and looks at how the content begins. False where more of it is needed. */
  #begin(bytes: Buffer, base: number): boolean {
    const at = this.#next - base;
    const lineEnd = bytes.indexOf(LINE_FEED, at);
    if (lineEnd === -1) {
      if (bytes.length - at > LONGEST_HEADER) throw new Error("git cat-file printed no header");
      return false;
    }
    const [name = "", type = "", length = ""] = bytes.toString("latin1", at, lineEnd).split(" ");
    const content = lineEnd + 1;
    const size = Number(length);
    if (length === "" || !Number.isInteger(size)) {
      this.missing.push(name);
      this.#next = base + content;
      return true;
    }
    if (type === "blob") {
      if (bytes.length - content < Math.min(size, LARGEST_POINTER)) return false;
      if (compressionOf(bytes, content, size)) this.compressed += 1;
      const lfsObject = lfsObjectOf(bytes, content, size);
      if (lfsObject !== undefined) this.lfsObjects.add(lfsObject);
    }
    this.objects += 1;
    this.bytes += size;
    this.#recent.push({ name, type, size, start: base + content });
    this.#next = base + content + size + 1;
    return true;
  }

  #settle(): void {
    for (const hit of this.#unsettled) {
      const object = this.#recent.findLast(({ start }) => start <= hit.offset);
      if (hit.offset >= this.#next || !object) continue;
      const { start, ...header } = object;
      this.hits.push({ ...header, hit: { ...hit, offset: hit.offset - start } });
    }
    this.#unsettled = this.#unsettled.filter(({ offset }) => offset >= this.#next);
  }
}
