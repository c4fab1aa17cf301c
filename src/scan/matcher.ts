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
  readonly #endings = new Map<number, number[]>();
  readonly #patterns: readonly Uint8Array[];

  /** @param patterns each of at least three bytes */
  constructor(patterns: readonly Uint8Array[]) {
    const lengths = patterns.map(({ length }) => length);
    this.#patterns = patterns;
    this.longest = Math.max(0, ...lengths);
    this.#window = Math.min(254, ...lengths);
    this.#shifts = new Uint8Array(HASHES).fill(this.#window - BLOCK + 1);
    for (const [index, pattern] of patterns.entries()) this.#enter(index, pattern);
  }

  #enter(index: number, pattern: Uint8Array): void {
    const last = pattern.length - 1;
    for (let shift = 0; shift <= this.#window - BLOCK; shift += 1) {
      const hash = hashAt(pattern, last - shift);
      this.#shifts[hash] = Math.min(this.#shifts[hash]!, shift);
    }
    const hash = hashAt(pattern, last);
    this.#endings.set(hash, [...(this.#endings.get(hash) ?? []), index]);
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
    if (this.#patterns.length === 0) return;
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
    for (const index of this.#endings.get(hash) ?? []) {
      const pattern = this.#patterns[index]!;
      const start = end - pattern.length + 1;
      if (start >= 0 && isAt(bytes, start, pattern)) report(index, start);
    }
  }
}

/** Of the block that ends at this position. */
function hashAt(bytes: Uint8Array, end: number): number {
  return ((bytes[end - 2]! << 8) ^ (bytes[end - 1]! << 4) ^ bytes[end]!) & (HASHES - 1);
}

/** Compares from the end, where patterns differ. */
function isAt(bytes: Uint8Array, start: number, pattern: Uint8Array): boolean {
  for (let index = pattern.length - 1; index >= 0; index -= 1)
    if (bytes[start + index] !== pattern[index]) return false;
  return true;
}
