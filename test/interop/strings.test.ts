import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import fixtures from "../yaml/pyyaml-scalars.json";
import { editContexts } from "../../src/yaml/edit.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { put, read, write } from "./ours.ts";
import { ASCII_LOCALE, startPeer, type Fields, type Peer } from "./peer.ts";
import { anyText } from "./values.ts";

sweepCanaries();

const utf8 = startPeer({ LC_ALL: "C.UTF-8" });
const coerced = startPeer({ LC_ALL: "C" });
const ascii = startPeer(ASCII_LOCALE);
const PEERS: [locale: string, peer: Peer][] = [
  ["C.UTF-8", utf8],
  ["C, which Python turns into UTF-8", coerced],
  ["ASCII", ascii],
];

const fields: fc.Arbitrary<Fields> = fc.tuple(anyText, anyText, anyText, fc.option(anyText));
const loginsOf = (one: fc.Arbitrary<Fields>, maxLength: number) =>
  fc.uniqueArray(one, { minLength: 1, maxLength, selector: ([name]) => name });
const logins = loginsOf(fields, 4);

describe.each(PEERS)("any text, with Python in the locale %s,", (_locale, peer) => {
  test("Python reads what we wrote", async () => {
    await fc.assert(
      fc.asyncProperty(loginsOf(fields, 12), anyText, async (contexts, current) => {
        const [seen] = await peer.read([await write(undefined, contexts, current)]);
        expect(seen).toMatchObject({ contexts, current });
      }),
      { numRuns: 60 },
    );
  });

  test("we read what Python wrote", async () => {
    await fc.assert(
      fc.asyncProperty(logins, async (contexts) => {
        const current = contexts.at(-1)?.[0] ?? "";
        const { text } = await peer.save(null, contexts, current);
        expect(await read(text)).toMatchObject({ contexts, current, problems: [] });
      }),
      { numRuns: 40 },
    );
  });
});

describe("any text, after each side wrote the file in turn,", () => {
  test("is unchanged, and the contexts are in the order of their creation", async () => {
    const turn = fc.tuple(fields, fields);
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 5 }), async (turns) => {
        let text: string | undefined;
        const made = new Map<string, Fields>();
        const save = (one: Fields) => made.set(one[0], one);
        for (const [mine, theirs] of turns) {
          save(mine);
          ({ text } = await editContexts(text, [put(mine), { kind: "use", name: mine[0] }]));
          text = (await ascii.rewrite(text)).text;
          save(theirs);
          ({ text } = await ascii.save(text, [theirs], theirs[0]));
        }
        const expected = { contexts: [...made.values()], current: turns.at(-1)?.[1][0] };
        expect(await read(text ?? "")).toMatchObject({ ...expected, problems: [] });
        expect(await utf8.read([text ?? ""])).toMatchObject([expected]);
      }),
      { numRuns: 40 },
    );
  });

  test("is unchanged after another context is renamed or removed", async () => {
    await fc.assert(
      fc.asyncProperty(logins, anyText, async (contexts, to) => {
        const [first, ...rest] = contexts as [Fields, ...Fields[]];
        fc.pre(!rest.some(([name]) => name === to));
        const saved = await utf8.save(null, contexts, first[0]);
        const renamed = (await editContexts(saved.text, [{ kind: "rename", from: first[0], to }])).text;
        const again = await utf8.rewrite(renamed);
        expect(again.contexts).toEqual([[to, first[1], first[2], first[3]], ...rest]);
        const removed = (await editContexts(again.text, [{ kind: "remove", name: to }])).text;
        expect((await utf8.rewrite(removed)).contexts).toEqual(rest);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the bytes", () => {
  const OF_FIXTURE = (value: string): Fields => ["d", "https://x", value, null];

  test("of every value in the fixture equal Python's", async () => {
    for (const { value, python_file } of fixtures)
      expect((await utf8.save(null, [OF_FIXTURE(value)], "d")).text).toBe(python_file);
  });

  test("of our file equal Python's for every text that is too short to be folded", async () => {
    // PyYAML 5 reads some texts with this beginning as numbers, and PyYAML 6 does not quote them.
    const short = anyText.map((text) => text.replaceAll("\n", "").replace(/^\._/, "").slice(0, 10));
    await fc.assert(
      fc.asyncProperty(loginsOf(fc.tuple(short, short, short, fc.option(short)), 3), async (contexts) => {
        const current = contexts.at(-1)?.[0] ?? "";
        const { text } = await utf8.save(null, contexts, current);
        expect(await write(undefined, contexts, current)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });
});
