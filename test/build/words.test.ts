import { expect, test } from "bun:test";
import { parseArgs as parseByNode } from "node:util";
import fc from "fast-check";
import { parseArgs } from "../../build/words.ts";
import { toCittyArgs } from "../../src/cli/args.ts";

const name = fc.stringMatching(/^[a-z]{2,8}(-[a-z]{1,5})?$/).filter((word) => !word.startsWith("no-"));
const option = fc.record({ name, value: fc.oneof(fc.constant(true as const), fc.string()) });

test("words: the binary's reader gives citty what node:util gives it, for every form of words it gets", () => {
  fc.assert(
    fc.property(fc.array(option), fc.array(fc.string()), (options, positionals) => {
      const args = toCittyArgs(options, positionals);
      const types = options.map(
        (one) => [one.name, { type: one.value === true ? "boolean" : "string" }] as const,
      );
      fc.pre(
        new Map(options.map((one) => [one.name, one.value === true])).size ===
          new Set(types.map(String)).size,
      );
      const node = parseByNode({
        args,
        options: Object.fromEntries(types),
        strict: false,
        allowPositionals: true,
      });
      const own = parseArgs({ args });
      expect({ ...own.values }).toEqual({ ...node.values } as typeof own.values);
      expect(own.positionals).toEqual(node.positionals);
    }),
  );
});
