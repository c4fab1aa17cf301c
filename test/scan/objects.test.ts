import { expect, test } from "bun:test";
import fc from "fast-check";
import { ObjectStream } from "../../src/scan/objects.ts";
import { Search } from "../../src/scan/search.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const [first, second] = [canary(), canary()];
const LFS = "ab".repeat(32);
const POSSIBLE = "cu0a1q6v9s3g00d5p2l0";
const CONTENTS: [type: string, content: string][] = [
  ["blob", ""],
  ["blob", `${first}`],
  ["tree", `100644 ${second}\0....................`],
  ["blob", `version https://git-lfs.github.com/spec/v1\noid sha256:${LFS}\nsize 12\n`],
  ["commit", `tree x\n\nmade with ${first} and ${second}`],
  ["blob", "x\n".repeat(2000)],
  ["tag", `bento ${POSSIBLE}`],
  ["blob", "last"],
];
const nameOf = (index: number) => String(index).repeat(40);

/** As `git cat-file --batch` prints them, with a line for an object that is missing. */
const STREAM = Buffer.concat([
  ...CONTENTS.map(([type, content], index) =>
    Buffer.from(`${nameOf(index)} ${type} ${Buffer.byteLength(content)}\n${content}\n`),
  ),
  Buffer.from(`${nameOf(9)} missing\n`),
]);

function read(parts: readonly Buffer[]) {
  const stream = new ObjectStream(new Search([first, second], new Date("2026-06-01T00:00:00Z")));
  for (const part of parts) stream.push(part);
  stream.finish();
  const { objects, bytes, missing, lfsObjects, hits } = stream;
  const found = hits.map(
    ({ name, type, hit }) => `${name[0]} ${type} ${hit.value ?? hit.text}@${hit.offset}`,
  );
  return { objects, bytes, missing, lfsObjects: [...lfsObjects], hits: [...new Set(found)].toSorted() };
}

const WHOLE = {
  objects: CONTENTS.length,
  bytes: CONTENTS.reduce((sum, [, content]) => sum + content.length, 0),
  missing: [nameOf(9)],
  lfsObjects: [LFS],
  hits: [
    "1 blob 0@0",
    "2 tree 1@7",
    "4 commit 0@18",
    `4 commit 1@${18 + first.length + 5}`,
    `6 tag ${POSSIBLE}@6`,
  ],
};

test("scan: each hit gets its object, wherever the stream is cut", () => {
  expect(read([STREAM])).toEqual(WHOLE);
  for (let cut = 0; cut <= STREAM.length; cut += 1)
    expect(read([STREAM.subarray(0, cut), STREAM.subarray(cut)])).toEqual(WHOLE);
});

test("scan: each hit gets its object, however small the pieces are", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const parts: Buffer[] = [];
      for (let at = 0; at < STREAM.length;) {
        const size = sizes[parts.length % sizes.length]!;
        parts.push(STREAM.subarray(at, at + size));
        at += size;
      }
      expect(read(parts)).toEqual(WHOLE);
    }),
    { numRuns: 30 },
  );
});
