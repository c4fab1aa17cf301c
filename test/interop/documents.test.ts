import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sweepCanaries } from "../support/sweep.ts";
import { changed, expectChanges } from "./changes.ts";
import { damagedDocument } from "./damage.ts";
import { anyDocument } from "./documents.ts";
import { read } from "./ours.ts";
import { startPeer, type Answer } from "./peer.ts";

sweepCanaries();

const peer = startPeer();

/** What came out, once nothing was read in two ways: an error of ours may stand where Python reads, a value may not. */
type Outcome = "same" | "both refuse" | "we alone refuse" | "replaced by Python";

async function compare(text: string, answer: Answer | undefined): Promise<Outcome> {
  const ours = await read(text);
  if (!answer || "refused" in answer) {
    if ("corrupt" in ours) return "both refuse";
    expect(ours.problems).not.toEqual([]);
    return "both refuse";
  }
  if (answer.text !== text) return "replaced by Python";
  if ("corrupt" in ours) return "we alone refuse";
  expect([ours.contexts, ours.current]).toEqual([answer.contexts, answer.current]);
  expect(ours.problems.filter((problem) => problem.includes("refuses"))).toEqual([]);
  return "same";
}

const KINDS: [what: string, text: fc.Arbitrary<string>][] = [
  ["is written oddly", anyDocument],
  ["a hand slipped in", damagedDocument],
];

describe.each(KINDS)("a file that %s", (_what, documents) => {
  test("means the same to Python and us, or is an error", async () => {
    const outcomes: Outcome[] = [];
    await fc.assert(
      fc.asyncProperty(documents, async (text) => {
        fc.pre(text.isWellFormed());
        const [answer] = await peer.read([text]);
        outcomes.push(await compare(text, answer));
      }),
      { numRuns: 500 },
    );
    const count = (one: Outcome) => outcomes.filter((outcome) => outcome === one).length;
    expect(count("same")).toBeGreaterThan(25);
    expect(count("we alone refuse")).toBeLessThan(count("same") / 4);
  });

  test("means to Python what it meant before, but for a change of ours", async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(documents, async (text) => {
        fc.pre(text.isWellFormed());
        const [before] = await peer.read([text]);
        const ours = await read(text);
        if (!before || "refused" in before || before.text !== text) return;
        if ("corrupt" in ours || ours.problems.length > 0) return;
        seen += 1;
        await expectChanges(peer, before, await changed(before, { required: false }));
      }),
      { numRuns: 250 },
    );
    expect(seen).toBeGreaterThan(5);
  });
});
