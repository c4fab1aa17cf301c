import { describe, expect, test } from "bun:test";
import { parseName } from "../../src/contexts/name.ts";
import { chooseLoginName } from "../../src/resolve/login-name.ts";
import { quoteWord } from "../../src/system/text.ts";
import { Context } from "../../src/contexts/context.ts";

describe("parseName", () => {
  test.each([
    "a",
    "default",
    "two words",
    "-x",
    "日本語",
    "🍱".repeat(128),
    "a\u0301",
    "true",
    "a/b",
    "--".slice(1) + "a",
  ])("takes %s", (name) => {
    expect(parseName(name)).toBe(name);
  });

  test.each([
    ["", "it is empty"],
    [" a", "white space"],
    ["a\u00a0", "white space"],
    ["\ufeffa", "white space"],
    ["a\tb", "control"],
    ["a\u007fb", "control"],
    ["a\u0085b", "control"],
    ["a\u202eb", "control or direction"],
    ["a\u2066b", "control or direction"],
    ["a\u200bb", "control or direction"],
    ["a\u2028b", "control or direction"],
    ["\ud83d", "not valid Unicode"],
    ["-", "previous context"],
    ["__env__", "environment's credential"],
    ["--all", "looks like an option"],
    ["🍱".repeat(129), "longer than 128"],
  ])("refuses %p", (name, reason) => {
    expect(() => parseName(name)).toThrow(reason);
  });
});

describe("chooseLoginName", () => {
  const fileOf = (current: string, ...names: string[]) => ({
    contexts: names.map(
      (name) => new Context({ name, endpoint: "https://x.test", email: null, apiToken: "t", line: 1 }),
    ),
    current: { name: current, line: 1 },
    problems: [],
  });
  const project = { path: "/p/.bentorc", lines: {}, context: "from-project" };
  const env = { BENTOML_CLOUD_CONTEXT: "from-variable" };
  const file = fileOf("from-file", "from-file");

  test("uses --context, else the variable, else the project's context, else the current one, else `default`", () => {
    expect(chooseLoginName({ flag: "from-flag", env, project, file })).toBe("from-flag");
    expect(chooseLoginName({ flag: undefined, env, project, file })).toBe("from-variable");
    expect(chooseLoginName({ flag: undefined, env: {}, project, file })).toBe("from-project");
    expect(chooseLoginName({ flag: undefined, env: {}, project: undefined, file })).toBe("from-file");
    expect(chooseLoginName({ flag: undefined, env: {}, project: undefined, file: fileOf("default") })).toBe(
      "default",
    );
  });

  test("is never __env__, even when that is the current name in the file", () => {
    const broken = fileOf("__env__", "__env__");
    expect(chooseLoginName({ flag: undefined, env: {}, project: undefined, file: broken })).toBe("default");
    expect(() => chooseLoginName({ flag: "__env__", env: {}, project: undefined, file: broken })).toThrow(
      "__env__",
    );
  });

  test("uses an existing name of any form, and creates valid names only", () => {
    const odd = fileOf("x", "--odd ");
    expect(chooseLoginName({ flag: "--odd ", env: {}, project: undefined, file: odd })).toBe("--odd ");
    expect(() => chooseLoginName({ flag: "--new", env: {}, project: undefined, file: odd })).toThrow(
      "looks like an option",
    );
  });
});

describe("quoteWord", () => {
  test.each([
    "plain",
    "a/b.c-d_e",
    "two words",
    "it's",
    "$(id)",
    "`id`",
    "a\\b",
    '"',
    "*",
    "~",
    "a;b",
    "日本",
    "",
  ])("a shell reads %p back as it was", (word) => {
    const { stdout } = Bun.spawnSync(["sh", "-c", `printf %s ${quoteWord(word)}`]);
    expect(stdout.toString()).toBe(word);
  });
});
