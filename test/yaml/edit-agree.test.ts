import { expect, test } from "bun:test";
import fc from "fast-check";
import { Token } from "../../src/contexts/token.ts";
import type { Change } from "../../src/yaml/edit.ts";
import { readFast } from "../../src/yaml/fast.ts";
import { editLines } from "../../src/yaml/lines.ts";
import { editNodes } from "../../src/yaml/nodes.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** Few, so that changes often meet an entry, and entries one another. */
const name = fc.constantFrom("a", "b", "c", "it's", "yes", "x: y", "# z", "");
const VALUES = ["t", "https://x.test:1/y", "a b", "a#b", "<=", "''", "'q''q'", "'# x: y '", "'- name: z'"];

function spaces(most: number): fc.Arbitrary<string> {
  return fc.nat(most).map((count) => " ".repeat(count));
}

function field(key: string, values: string[]): fc.Arbitrary<string> {
  return fc
    .tuple(spaces(2), fc.constantFrom(...values), fc.constantFrom("", "", "  "))
    .map(([gap, value, after]) => (value === "" ? `${key}:${gap}` : `${key}: ${gap}${value}${after}`));
}

const comment = fc
  .tuple(spaces(7), fc.constantFrom("", "#", "# c", "# name: a", "#- name: b"))
  .map((parts) => parts.join(""));
const comments = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(comment, { maxLength: 3 }));

/** The keys of an entry in any order, each with the comments below it. */
const entry = fc
  .tuple(
    field("api_token", VALUES),
    field("endpoint", VALUES),
    name.map((one) => `name: '${one.replaceAll("'", "''")}'`),
    fc.option(field("email", [...VALUES, "", "~", "null"])),
  )
  .map((keys) => keys.filter((key) => key !== null))
  .chain((keys) => fc.shuffledSubarray(keys, { minLength: keys.length }))
  .chain((keys) => fc.tuple(...keys.map((key) => comments.map((below) => [key, ...below]))));

const list = fc
  .tuple(fc.array(entry, { maxLength: 4 }), spaces(4), spaces(2), fc.constantFrom("", "  "), comments)
  .map(([entries, indent, gap, after, below]) => {
    if (entries.length === 0) return [`contexts: ${gap}[]${after}`, ...below];
    const lines = entries.flatMap((keys) =>
      keys.flatMap(([key, ...rest], index) => [`${indent}${index === 0 ? "-" : " "} ${gap}${key}`, ...rest]),
    );
    return [`contexts:${after}`, ...below, ...lines];
  });

const current = fc.oneof(
  fc.constant([]),
  fc
    .tuple(field("current_context_name", ["a", "'b'", "default"]), comments)
    .map(([line, below]) => [line, ...below]),
);

/** A text of the shape that both programs write, as people leave it behind. */
const usual = fc
  .tuple(
    comments,
    fc.boolean(),
    list,
    current,
    fc.boolean(),
    fc.constantFrom(["\n"], ["\r\n"], ["\r\n", "\n", "\n"]),
  )
  .map(([head, isListFirst, contexts, one, isEnded, ends]) => {
    const lines = [...head, ...(isListFirst ? [...contexts, ...one] : [...one, ...contexts])];
    const text = lines.map((line, index) => line + ends[index % ends.length]).join("");
    return isEnded ? text : text.trimEnd();
  });

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    name,
    endpoint: fc.constantFrom("https://new.test", "t"),
    token: fc.constantFrom("new-token", "t", "q'q").map((text) => new Token(text)),
    email: fc.constantFrom(null, "me@x.test", "", "yes"),
  }),
  name.map((one): Change => ({ kind: "remove", name: one })),
  fc.tuple(name, name).map(([from, to]): Change => ({ kind: "rename", from, to })),
  name.map((one): Change => ({ kind: "use", name: one })),
);

test("both editors end a last line once, however much they put below it", () => {
  const text = "current_context_name: a\ncontexts:\n- api_token: t\n  endpoint: t\n  name: 'a'";
  const put = (name: string, email: string | null): Change => ({
    kind: "put",
    name,
    endpoint: "https://new.test",
    token: new Token("t"),
    email,
  });
  const changes = [put("a", "me@x.test"), put("b", null)];
  expect(editLines(text, changes)).toBe(editNodes(text, changes));
  expect(editNodes(text, changes)).not.toContain("\n\n");
});

test("both editors make the same bytes of every file that the fast reader accepts", () => {
  fc.assert(
    fc.property(usual, fc.array(change, { maxLength: 4 }), (text, changes) => {
      expect(readFast(text)).toBeDefined();
      expect(editLines(text, changes)).toBe(editNodes(text, changes));
    }),
    { numRuns: 2000 },
  );
});
