import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { spellingsOf } from "../../src/scan/encodings.ts";
import { Matcher } from "../../src/scan/matcher.ts";
import { type Hit, Search } from "../../src/scan/search.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const NOW = new Date("2026-06-01T00:00:00Z");

function naive(patterns: readonly Uint8Array[], bytes: Buffer): string[] {
  return patterns
    .flatMap((pattern, index) => {
      const found: string[] = [];
      for (let at = bytes.indexOf(pattern); at !== -1; at = bytes.indexOf(pattern, at + 1))
        found.push(`${index}@${at}`);
      return found;
    })
    .toSorted();
}

function searchInParts(search: Search, parts: readonly Uint8Array[]): Hit[] {
  return [...parts.flatMap((part) => search.push(part)), ...search.finish()];
}

const show = (hits: readonly Hit[]) =>
  hits.map(({ value, text, encoding, offset }) => `${value ?? text} ${encoding}@${offset}`).toSorted();

// Few letters, so that patterns overlap, repeat and are parts of each other.
const letters = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom("a", "b", "\0"), { minLength, maxLength }).map((all) => Buffer.from(all.join("")));

describe("scan: the matcher", () => {
  test("finds what a naive search finds", () => {
    const patterns = fc.array(letters(3, 9), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(patterns, letters(0, 200), (patterns, bytes) => {
        const found: string[] = [];
        const matcher = new Matcher(patterns.map(String));
        matcher.search(bytes, 0, bytes.length, (index, at) => found.push(`${index}@${at}`));
        expect(found.toSorted()).toEqual(naive(patterns, bytes));
      }),
    );
  });

  test("reports a match in the part that holds its last byte", () => {
    fc.assert(
      fc.property(letters(3, 6), letters(0, 60), fc.nat(60), (pattern, bytes, split) => {
        const found: string[] = [];
        const report = (index: number, at: number) => found.push(`${index}@${at}`);
        const matcher = new Matcher([String(pattern)]);
        const middle = Math.min(split, bytes.length);
        matcher.search(bytes, 0, middle, report);
        matcher.search(bytes, middle, bytes.length, report);
        expect(found.toSorted()).toEqual(naive([pattern], bytes));
      }),
    );
  });

  test("searches for nothing without patterns", () => {
    new Matcher([]).search(Buffer.alloc(100), 0, 100, () => expect.unreachable());
  });
});

describe("scan: the encodings", () => {
  const value = canary();
  /** With a line break in the middle, between two groups of four characters. */
  const wrap = (text: string, end: string) => Buffer.from(text.replace(/^.{16}/, `$&${end}`));
  const noise = fc.string({ maxLength: 40 }).map((text) => Buffer.from(text));
  const forms: [string, (before: string, value: string) => Buffer][] = [
    ["plain", (before, value) => Buffer.from(before + value)],
    ["base64", (before, value) => Buffer.from(Buffer.from(`${before}${value}>>`).toString("base64"))],
    ["base64", (before, value) => wrap(Buffer.from(`${before}${value}>>`).toString("base64"), "\n")],
    ["base64", (before, value) => wrap(Buffer.from(`${before}${value}>>`).toString("base64"), "\r\n")],
    ["base64url", (before, value) => Buffer.from(Buffer.from(`${before}${value}??`).toString("base64url"))],
    ["percent", (_, value) => Buffer.from(value.replaceAll(/./g, (one) => `%${hex(one)}`))],
    ["percent", (_, value) => Buffer.from(value.replaceAll(/./g, (one) => `%${hex(one).toUpperCase()}`))],
    ["utf-16", (before, value) => Buffer.from(`${before}${value}\n`, "utf16le")],
    ["utf-16", (before, value) => Buffer.from(`${before}${value}\n`, "utf16le").swap16()],
  ];
  const hex = (letter: string) => letter.charCodeAt(0).toString(16);

  test.each(forms)("%s is found wherever the stream is cut", (_, make) => {
    const search = new Search([value], NOW);
    fc.assert(
      fc.property(noise, fc.string({ maxLength: 4 }), noise, (before, prefix, after) => {
        const bytes = Buffer.concat([before, make(prefix, value), after]);
        const whole = show(searchInParts(search, [bytes]));
        expect(whole).not.toEqual([]);
        for (let cut = 0; cut <= bytes.length; cut += 1)
          expect(show(searchInParts(search, [bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  test("a value is found across every boundary of three chunks", () => {
    const search = new Search([value], NOW);
    const bytes = Buffer.alloc(3 * 256 * 1024, ".");
    for (const boundary of [256 * 1024, 512 * 1024])
      for (let start = boundary - value.length - 1; start <= boundary + 1; start += 1) {
        const one = Buffer.from(bytes);
        one.write(value, start);
        expect(show(searchInParts(search, [one]))).toEqual([`0 plain@${start}`]);
      }
  });

  test("a value of other visible characters has its spellings in URLs and JSON", () => {
    const found = spellingsOf('to"ken+/=%').map(({ encoding, text }) => [encoding, text]);
    expect(found).toContainEqual(["percent", "to%22ken%2B%2F%3D%25"]);
    expect(found).toContainEqual(["json", 'to\\"ken+/=%']);
  });

  test("says which value it was", () => {
    const values = Array.from({ length: 64 }, () => canary());
    const bytes = Buffer.from(values.toReversed().join(" "));
    const hits = searchInParts(new Search(values, NOW), [bytes]);
    expect(hits.map(({ value }) => value)).toEqual([...values.keys()].toReversed());
  });
});

describe("scan: what may be an API token", () => {
  // xids of 2025, 2015 and 2040.
  const PLAUSIBLE = "cu0a1q6v9s3g00d5p2l0";
  const rows: [string, string, boolean][] = [
    ["beside bento", `BENTO_CLOUD_API_KEY=${PLAUSIBLE}`, true],
    ["beside yatai", `X-Yatai-Api-Token: ${PLAUSIBLE}`, true],
    ["beside api_token", `api_token: "${PLAUSIBLE}"`, true],
    ["after it", `${PLAUSIBLE} # my Bento key`, true],
    ["beside no such word", `key: ${PLAUSIBLE}`, false],
    ["too far away", `bento ${".".repeat(200)} ${PLAUSIBLE}`, false],
    ["of another form", `bento ${PLAUSIBLE}0`, false],
    ["with a wrong last character", `bento ${PLAUSIBLE.slice(0, -1)}1`, false],
    ["of an earlier time", "bento 9u0a1q6v9s3g00d5p2l0", false],
    ["of a later time", "bento tu0a1q6v9s3g00d5p2l0", false],
    ["part of a hash", `bento ${PLAUSIBLE}${PLAUSIBLE}`, false],
  ];

  test.each(rows)("%s", (_, text, isFound) => {
    const bytes = Buffer.from(`${".\n".repeat(150)}${text}${"\n.".repeat(150)}`);
    const expected = isFound ? [`${PLAUSIBLE} plain@${bytes.indexOf(PLAUSIBLE)}`] : [];
    const search = new Search([], NOW);
    for (let cut = 280; cut < bytes.length - 280; cut += 1) {
      const hits = searchInParts(search, [bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect([...new Set(show(hits))]).toEqual(expected);
    }
  });

  test("a known one is not reported as possible too", () => {
    const value = canary();
    const hits = searchInParts(new Search([value], new Date()), [Buffer.from(`bento ${value}`)]);
    expect(show(hits)).toEqual(["0 plain@6"]);
  });
});
