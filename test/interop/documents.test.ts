import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sweepCanaries } from "../support/sweep.ts";
import { commentsIn, expectChanges } from "./changes.ts";
import { damagedDocument } from "./damage.ts";
import { anyDocument } from "./documents.ts";
import { type Ours, read } from "./ours.ts";
import { type Answer, type Fields, startPeers } from "./peer.ts";

sweepCanaries();

const peers = startPeers();

async function ask(text: string): Promise<Answer[]> {
  return (await Promise.all(peers.map((peer) => peer.read([text])))).flat();
}

/** The outcome for a document that both programs read alike. */
type Outcome = "same" | "some left out" | "both refuse" | "we alone refuse" | "replaced by Python";

async function compare(text: string, answers: Answer[]): Promise<Outcome> {
  const ours = await read(text);
  const isRefused = answers.some((answer) => "refused" in answer);
  if ("corrupt" in ours) {
    expect(ours.corrupt).toMatch(/ at line \d+, column \d+$/);
    return isRefused ? "both refuse" : "we alone refuse";
  }
  if (isRefused) {
    expect(ours.problems).not.toEqual([]);
    return "both refuse";
  }
  for (const answer of answers) {
    if ("refused" in answer || answer.text !== text) return "replaced by Python";
    expectSame(ours, answer);
  }
  return ours.problems.length === 0 ? "same" : "some left out";
}

/** Every context of ours equals Python's, in its order, and each other context of Python's is a problem with its line. */
function expectSame(
  { contexts, current, problems }: Ours,
  seen: { contexts: Fields[]; current: string },
): void {
  const others = seen.contexts.map((fields) => JSON.stringify(fields));
  for (const fields of contexts) {
    const at = others.indexOf(JSON.stringify(fields));
    if (at === -1) expect(contexts).toEqual(seen.contexts);
    others.splice(0, at + 1, ...others.slice(0, at).map(() => "left out"));
  }
  const leftOut = problems.filter(({ message }) => message.includes("is left out: "));
  expect(seen.contexts).toHaveLength(contexts.length + leftOut.length);
  for (const { line } of problems) expect(line).toBeGreaterThan(0);
  if (!problems.some((problem) => problem.current)) expect(current).toBe(seen.current);
}

const KINDS: [what: string, text: fc.Arbitrary<string>][] = [
  ["is written oddly", anyDocument],
  ["a hand slipped in", damagedDocument],
];

describe.each(KINDS)("a file that %s", (_what, documents) => {
  test("has the same value for every Python and us, or is refused with its line", async () => {
    const outcomes: Outcome[] = [];
    await fc.assert(
      fc.asyncProperty(documents, async (text) => {
        fc.pre(text.isWellFormed());
        outcomes.push(await compare(text, await ask(text)));
      }),
      { numRuns: 500 },
    );
    const count = (one: Outcome) => outcomes.filter((outcome) => outcome === one).length;
    expect(count("same")).toBeGreaterThan(25);
    expect(count("we alone refuse")).toBeLessThan(outcomes.length / 4);
  });

  test("keeps its value for every Python after a change of ours, apart from that change", async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(documents, async (text) => {
        fc.pre(text.isWellFormed());
        const ours = await read(text);
        // Nothing is written beside a list of contexts under another key.
        if ("corrupt" in ours || ours.problems.some(({ hides }) => hides === "list")) return;
        const answers = await ask(text);
        if (answers.some((answer) => "refused" in answer || answer.text !== text)) return;
        seen += 1;
        const results = await expectChanges(peers, answers, text, ours);
        // A typing error can make a comment part of a replaced value.
        if (documents === damagedDocument) return;
        for (const after of results.slice(0, -1)) expect(commentsIn(after)).toEqual(commentsIn(text));
      }),
      { numRuns: 250 },
    );
    expect(seen).toBeGreaterThan(5);
  });
});
