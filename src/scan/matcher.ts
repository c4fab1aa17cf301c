const BLOCK = 3;
const HASHES = 1 << 16;

/**
 * Searches bytes for any number of patterns at once, with the algorithm of Wu and Manber: a table says for each block of
 * three bytes how far the next possible end of a pattern is, so most bytes are never looked at. The table is made of the
 * last bytes of each pattern: API tokens that were made one after the other begin alike and end differently.
 */
export class Matcher {
  /** Length in bytes of the longest pattern. */
  readonly longest: number;
  /** Every pattern counts with this many of its last bytes. */
  readonly #window: number;
  readonly #shifts: Uint8Array;
  /** All patterns in one piece, because a thousand contexts make 50,000 of them. */
  readonly #bytes: Buffer;
  /** Where each pattern ends in it; the first one begins after a zero. */
  readonly #ends: Uint32Array;
  /** For each hash the last pattern that ends with such a block, and for each pattern the one before; 0 for none. */
  readonly #last = new Uint32Array(HASHES);
  readonly #previous: Uint32Array;

  /** @param patterns each of at least three characters, which are bytes */
  constructor(patterns: readonly string[]) {
    const lengths = patterns.map(({ length }) => length);
    this.longest = lengths.reduce((most, length) => Math.max(most, length), 0);
    this.#window = lengths.reduce((least, length) => Math.min(least, length), 254);
    this.#shifts = new Uint8Array(HASHES).fill(this.#window - BLOCK + 1);
    this.#bytes = Buffer.from(patterns.join(""), "latin1");
    this.#ends = new Uint32Array(patterns.length + 1);
    this.#previous = new Uint32Array(patterns.length + 1);
    for (const [index, length] of lengths.entries()) this.#enter(index + 1, length);
  }

  /** Patterns are counted from 1. */
  #enter(number: number, length: number): void {
    const end = this.#ends[number - 1]! + length;
    this.#ends[number] = end;
    for (let shift = 0; shift <= this.#window - BLOCK; shift += 1) {
      const hash = hashAt(this.#bytes, end - 1 - shift);
      this.#shifts[hash] = Math.min(this.#shifts[hash]!, shift);
    }
    const hash = hashAt(this.#bytes, end - 1);
    this.#previous[number] = this.#last[hash]!;
    this.#last[hash] = number;
  }

  /**
   * Reports each match whose last byte is in `[from, to)`; its first byte may be before `from`.
   *
   * @param report receives the index of the pattern and the position of the first byte
   */
  search(
    bytes: Uint8Array,
    from: number,
    to: number,
    report: (pattern: number, position: number) => void,
  ): void {
    if (this.#bytes.length === 0) return;
    const shifts = this.#shifts;
    let end = Math.max(from, this.#window - 1);
    while (end < to) {
      const hash = hashAt(bytes, end);
      const shift = shifts[hash]!;
      if (shift === 0) {
        this.#verify(bytes, end, hash, report);
        end += 1;
      } else end += shift;
    }
  }

  #verify(
    bytes: Uint8Array,
    end: number,
    hash: number,
    report: (pattern: number, position: number) => void,
  ): void {
    for (let number = this.#last[hash]!; number !== 0; number = this.#previous[number]!) {
      const first = this.#ends[number - 1]!;
      const start = end + 1 - (this.#ends[number]! - first);
      if (start >= 0 && this.#isAt(bytes, { start, end, first })) report(number - 1, start);
    }
  }

  /** Compares from the end, where patterns differ. */
  #isAt(bytes: Uint8Array, { start, end, first }: { start: number; end: number; first: number }): boolean {
    for (let at = end; at >= start; at -= 1) if (bytes[at] !== this.#bytes[first + at - start]) return false;
    return true;
  }
}

/** Of the block that ends at this position. */
function hashAt(bytes: Uint8Array, end: number): number {
  return ((bytes[end - 2]! << 8) ^ (bytes[end - 1]! << 4) ^ bytes[end]!) & (HASHES - 1);
}
