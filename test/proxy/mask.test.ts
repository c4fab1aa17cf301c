import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createMask } from "../../src/proxy/mask.ts";

const SECRET = "dc1cqalqmd2ptp4i1dd0";
const STARS = "*".repeat(SECRET.length);

async function* each(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

async function masked(chunks: readonly Uint8Array[], secret = SECRET): Promise<Buffer[]> {
  const result: Buffer[] = [];
  for await (const chunk of createMask(secret).chunks(each(chunks))) result.push(Buffer.from(chunk));
  return result;
}

/** A text in pieces that end at these places. */
function split(text: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return ends.map((end, at) => text.subarray(ends[at - 1] ?? 0, end));
}

describe("a secret in a body", () => {
  test("is masked wherever the chunks split it, and nothing else is changed", async () => {
    const piece = fc.oneof(
      fc.constant(SECRET),
      fc.constant(SECRET.slice(0, 7)),
      fc.constant(SECRET.slice(0, -1)),
      fc.constant("dc1cdc1c"),
      fc.string({ maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        async (pieces, places) => {
          const text = pieces.join("");
          const result = Buffer.concat(await masked(split(Buffer.from(text), places))).toString();
          expect(result).toBe(text.replaceAll(SECRET, STARS));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("bytes that are no text stay as they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (chunks) => {
        expect(Buffer.concat(await masked(chunks)).equals(Buffer.concat(chunks))).toBe(true);
      }),
    );
  });

  test("only what may be its beginning is held back", async () => {
    const chunks = ["one\n", "two dc1", "x three"].map((text) => Buffer.from(text));
    expect((await masked(chunks)).map(String)).toEqual(["one\n", "two ", "dc1x three"]);
  });

  test("is masked from its sixth character on, wherever messages split it", async () => {
    const piece = fc.oneof(
      fc.constant(SECRET),
      fc.constant(SECRET.slice(0, 5)),
      fc.stringMatching(/^[w-z]{0,9}$/),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.nat(200), { maxLength: 30 }),
        (pieces, places) => {
          const text = pieces.join("");
          const mask = createMask(SECRET).messages();
          const shown = Buffer.concat(
            split(Buffer.from(text), places).map((message) => mask(message)),
          ).toString();
          expect(shown).not.toContain(SECRET.slice(0, 6));
          const told = text.replaceAll(SECRET, SECRET.slice(0, 5) + "*".repeat(SECRET.length - 5));
          expect([...told].every((letter, at) => shown[at] === letter || shown[at] === "*")).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("is masked as JSON and URLs write it", async () => {
    const secret = 'a"b/c d+e&f%g';
    const text = Buffer.from(`${JSON.stringify(secret)} ${encodeURIComponent(secret)} ${secret}`);
    expect(Buffer.concat(await masked([text], secret)).toString()).toMatch(/^"\*+" \*+ \*+$/);
  });
});
