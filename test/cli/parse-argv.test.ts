import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Cli } from "../../src/app.ts";
import { command, flag, group, option } from "../../src/cli/command.ts";
import { complete } from "../../src/cli/completion/complete.ts";
import { parseInvocation, runInvocation } from "../../src/cli/parse-argv.ts";

/** A tree with one command, which returns what it was given. */
async function readBack(argv: string[]) {
  let given: unknown;
  const put = command({
    name: "put",
    description: "",
    args: {
      key: { type: "positional", required: true },
      extra: { type: "positional", required: false },
      "no-wait": flag("", "n"),
      text: option("text", "", "t"),
      list: option("text", ""),
    },
    async run(args, _cli, { all }) {
      const { key, extra, text } = args;
      given = { key, extra, noWait: args["no-wait"], text, list: all("list") };
    },
  });
  const root = group({ name: "root", description: "", commands: { put: async () => put } });
  await runInvocation(await parseInvocation(root, argv), {} as Cli);
  return given;
}

/** Every way to write an option with this value. */
function spellings(value: string): string[][] {
  const apart =
    value.startsWith("-") && value !== "-"
      ? []
      : [
          ["--text", value],
          ["-t", value],
        ];
  const attached = value === "" || value.startsWith("=") ? [] : [[`-t${value}`], [`-t=${value}`]];
  return [[`--text=${value}`], ...apart, ...attached];
}

test("argv: every value of an option and every argument arrives as it was written", async () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom("-", "--", "\n", "=x"));
  const cases = fc.record({ text, list: fc.array(text, { maxLength: 3 }), key: text, noWait: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(cases, async ({ text, list, key, noWait }) => {
      const others = [...list.map((one) => `--list=${one}`), ...(noWait ? ["--no-wait"] : [])];
      for (const spelling of spellings(text)) {
        const given = await readBack(["put", ...others, ...spelling, "--", key]);
        expect(given).toEqual({ key, extra: undefined, noWait, text, list });
      }
    }),
  );
});

test("argv: an argument with enumerated values takes no other, and they complete", async () => {
  const open = command({
    name: "open",
    description: "",
    args: { page: { type: "positional", required: false, options: ["api_tokens", "deployments"] } },
    run: async ({ page }) => void page,
  });
  const root = group({ name: "root", description: "", commands: { open: async () => open } });
  expect(await parseInvocation(root, ["open", "deployments"])).toMatchObject({
    positionals: ["deployments"],
  });
  expect(parseInvocation(root, ["open", "api_tokesn"])).rejects.toMatchObject({
    code: "USAGE",
    message: "<page> does not take this value",
    hint: "did you mean `bentocloud open api_tokens`?",
  });
  const values = await complete(root, { words: ["open"], current: "" }, async () => []);
  expect(values).toEqual(["api_tokens", "deployments"].map((value) => ({ value, description: "" })));
});
