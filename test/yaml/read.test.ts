import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CliError } from "../../src/errors.ts";
import { readFast } from "../../src/yaml/fast.ts";
import { parseContexts } from "../../src/yaml/parse.ts";
import { readContexts } from "../../src/yaml/read.ts";
import { entry, snapshot } from "./support.ts";

const ONE = `contexts:\n${entry("a")}current_context_name: a\n`;

function messagesOf(text: string): string[] {
  return parseContexts(text).problems.map(({ line, message }) => `${line}: ${message}`);
}

describe("the fast reader", () => {
  const accepted: [why: string, text: string][] = [
    ["what Python writes", ONE],
    ["an empty list", "contexts: []\ncurrent_context_name: default\n"],
    ["CRLF", ONE.replaceAll("\n", "\r\n")],
    ["no final newline", ONE.trimEnd()],
    [
      "comments and blank lines of their own",
      `# head\n\n${ONE.replace("  email", "  # mine\n\n   \n  email")}# tail`,
    ],
    ["indented dashes", "contexts:\n    -   name: a\n        api_token: t\n        endpoint: e\n"],
    [
      "keys in another order",
      "current_context_name: 'a'\ncontexts:\n- name: a\n  endpoint: e\n  api_token: t  \n",
    ],
    ["an empty email", "contexts:\n- name: a\n  endpoint: e\n  api_token: t\n  email:\n"],
    ["single quotes", "contexts:\n- name: 'it''s'\n  endpoint: ''\n  api_token: '# : '\n  email: 'null'\n"],
  ];

  test.each(accepted)("accepts %s", (_why, text) => {
    const file = readFast(text);
    expect(file).toBeDefined();
    if (file) expect(snapshot(file)).toEqual(snapshot(parseContexts(text)));
  });

  const declined: [why: string, text: string][] = [
    ["a value Python changes", ONE.replace("name: a", "name: yes")],
    ["a value Python refuses", ONE.replace("name: a", "name: =")],
    ["double quotes", ONE.replace("name: a", 'name: "a"')],
    ["a comment behind a value", ONE.replace("name: a", "name: a # mine")],
    ["an anchor", ONE.replace("name: a", "name: &x a")],
    ["a tab", ONE.replace("name: a", "name: a\t")],
    ["letters beyond ASCII", ONE.replace("name: a", "name: é")],
    ["a byte order mark", `\ufeff${ONE}`],
    ["a document marker", `---\n${ONE}`],
    ["an unknown key", ONE.replace("  email", "  note: x\n  email")],
    ["a key given twice", ONE.replace("  email", "  name: x\n  email")],
    ["a missing token", ONE.replace(/ api_token: .*\n {2}/, " ")],
    ["a text on two lines", ONE.replace("name: a\n", "name: a\n    b\n")],
    ["a list without entries", "contexts:\ncurrent_context_name: a\n"],
    ["entries after an empty list", `contexts: []\n${entry("a")}`],
    ["flow style", "contexts: [{name: a}]\n"],
    ["a carriage return on its own", ONE.replace("\n", "\r")],
    ["nothing", ""],
  ];

  test.each(declined)("leaves %s to the full reader", (_why, text) => {
    expect(readFast(text)).toBeUndefined();
  });

  const line = fc.constantFrom(
    "contexts:",
    "contexts: []",
    "current_context_name: a",
    "current_context_name: 'b c'",
    "- name: a",
    "  - name: b",
    "-   name: c",
    "  name: d",
    "    name: e",
    "  api_token: t",
    "    api_token: 't'",
    "  endpoint: https://x",
    "    endpoint: x:y",
    "  email: null",
    "  email:",
    "  email: a@b",
    "# c",
    "  # c",
    "",
    "  ",
    "  note: x",
    "- api_token: 1",
    "  endpoint: a: b",
    "  endpoint: a #b",
    "  email: ~",
    "---",
    "...",
    "  name: 'a",
    "    b",
    "  name: yes",
    "  name: 12",
    "-",
    "  - a",
    "name: a",
    "  email: 'x'  ",
    "  email: '' ''",
  );

  test("agrees with the full reader about every text it accepts", () => {
    let seen = 0;
    const body = fc.array(line, { maxLength: 6 });
    const text = fc.tuple(
      fc.constantFrom(
        "",
        `contexts:\n${entry("a")}`,
        ONE,
        "contexts:\n  - name: x\n    api_token: t\n    endpoint: e\n",
      ),
      body,
      fc.constantFrom("\n", "\r\n"),
    );
    fc.assert(
      fc.property(text, ([head, lines, eol]) => {
        const written = (head + lines.join("\n")).replaceAll("\n", eol);
        const file = readFast(written);
        if (!file) return;
        seen += 1;
        expect(snapshot(file)).toEqual(snapshot(parseContexts(written)));
      }),
      { numRuns: 3000 },
    );
    expect(seen).toBeGreaterThan(100);
  });

  test("agrees with the full reader when a good file is changed by hand", () => {
    const good = `contexts:\n${entry("a")}${entry("b", { email: "'x'" })}current_context_name: a\n`;
    const patch = fc.tuple(
      fc.nat(good.length),
      fc.nat(3),
      fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(" ", "\n", "'", "#", ": ", "- ", "\r\n", " #")),
    );
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1, maxLength: 3 }), (patches) => {
        const text = patches.reduce(
          (now, [at, drop, put]) => now.slice(0, at) + put + now.slice(at + drop),
          good,
        );
        const file = readFast(text);
        if (file) expect(snapshot(file)).toEqual(snapshot(parseContexts(text)));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the full reader", () => {
  const same: [why: string, text: string][] = [
    [
      "JSON",
      '{"contexts": [\n  {"name": "a", "api_token": "token-a", "email": null, "endpoint": "https://a.test"}\n], "current_context_name": "a"}',
    ],
    ["a byte order mark and a document marker", `\ufeff---\n${ONE}...\n`],
    ["a YAML directive", `%YAML 1.2\n---\n${ONE}`],
    ["CRLF", ONE.replaceAll("\n", "\r\n")],
    ["lone carriage returns, which end lines in Python", ONE.replaceAll("\n", "\r")],
    ["the last of duplicate keys", ONE.replace("  name: a", "  name: b\n  name: a")],
    ["unknown keys", `other: [1, {x: y}]\n${ONE.replace("  name", "  note: x\n  name")}`],
    [
      "block and folded text",
      ONE.replace("name: a", "name: >-\n    a").replace("token-a", "|-\n    token-a"),
    ],
    ["aliases", `x: &x a\n${ONE.replaceAll("name: a", "name: *x")}`],
    [
      "merge keys",
      `x: &x {email: e, name: b, endpoint: https://a.test}\n${ONE.replace(/ {2}endpoint.*\n/, "  <<: *x\n")}`,
    ],
    [
      "the first of several merged mappings",
      `x: [&x {endpoint: https://a.test}, &y {endpoint: z}]\n${ONE.replace(/ {2}endpoint.*\n/, "  <<: [*x, *y]\n")}`,
    ],
    ["tags for strings", ONE.replace("name: a", "name: !!str a").replace("token-a", "! token-a")],
  ];

  test.each(same)("understands %s", async (_why, text) => {
    const { contexts, current, problems } = snapshot(await readContexts(text));
    expect(contexts).toMatchObject([
      { name: "a", token: "token-a", endpoint: "https://a.test", email: null },
    ]);
    expect(current.name).toBe("a");
    expect(problems).toEqual([]);
  });

  test("keeps duplicate names in order, with the line of each entry's first key", () => {
    const file = parseContexts(`# head\ncontexts:\n${entry("a")}\n${entry("a", { endpoint: "second" })}`);
    expect(file.contexts.map(({ line, endpoint }) => [line, endpoint])).toEqual([
      [3, "https://a.test"],
      [8, "second"],
    ]);
    expect(file.current).toEqual({ name: "default", line: null });
  });

  test("takes no contexts from a mapping that has none", () => {
    expect(parseContexts("{}")).toEqual({
      contexts: [],
      current: { name: "default", line: null },
      problems: [],
    });
  });

  const corrupt: [why: string, text: string, at: string][] = [
    ["an empty file", "", "line 1, column 1"],
    ["only comments", "# nothing\n", "line 1, column 1"],
    ["null", "---\nnull\n", "line 2, column 1"],
    ["a list", "- a\n", "line 1, column 1"],
    ["a text", "hello\n", "line 1, column 1"],
    ["two documents", `${ONE}---\n${ONE}`, "line 7, column 1"],
    ["contexts that are null", "contexts:\ncurrent_context_name: a\n", "line 1, column 1"],
    ["contexts that are a mapping", "\ncontexts: {a: b}\n", "line 2, column 1"],
    ["entries that are no mappings", "contexts:\n- secret\n", "line 2, column 3"],
    ["tabs as indentation", "contexts:\n-\tname: secret\n", "line 2, column 2"],
    ["tabs in JSON", '{\n\t"contexts": []}', "line 2, column 1"],
    ["control characters", `contexts: []\nx: "\x01"\n`, "line 2, column 5"],
    ["line breaks of old", `contexts: []\nx: "\u2028"\n`, "line 2, column 5"],
    ["an open quote", "contexts: []\nx: 'secret\n", "line 3, column 1"],
    ["an alias of nothing", "contexts: []\nx: *secret\n", "line 2, column 4"],
    ["an anchor given twice", "contexts: []\nx: [&secret a, &secret b]\n", "line 2, column 24"],
    ["a merge of a text", "contexts:\n- <<: secret\n", "line 2, column 3"],
    ["a merge into itself", "contexts:\n- &secret\n  <<: *secret\n", "line 3, column 3"],
  ];

  test.each(corrupt)("refuses %s, with the place and without the content", async (_why, text, at) => {
    const error: unknown = await readContexts(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({
      code: "CORRUPT",
      message: expect.stringMatching(new RegExp(`at ${at}$`)),
      cause: undefined,
    });
    expect(String(error)).not.toContain("secret");
  });

  const problems: [why: string, text: string, messages: RegExp[]][] = [
    [
      "an entry without a name",
      "contexts:\n- endpoint: e\n",
      [/^2: .*without a name.*refuses the whole file/],
    ],
    [
      "an entry without endpoint and token",
      "contexts:\n- name: a\n",
      [/^2: context "a" has no endpoint; .*refuses/, /^2: .* no API token; .*refuses/],
    ],
    ["a name Python changes", ONE.replace("  name: a", "  name: yes"), [/^5: BentoML reads this as "True"/]],
    ["an endpoint Python changes", ONE.replace("https://a.test", "~"), [/^4: BentoML reads this as "None"/]],
    [
      "a current name Python changes",
      ONE.replace("current_context_name: a", "current_context_name:"),
      [/^6: BentoML reads this as "None"/],
    ],
    [
      "a value Python refuses",
      ONE.replace("token-a", "2024-13-01"),
      [/^2: Python bentoml cannot read the API token of "a"/],
    ],
    [
      "a value with a tag",
      ONE.replace("null", "!x a@b"),
      [/^3: Python bentoml cannot read the e-mail of "a", because it has a YAML tag/],
    ],
    [
      "a value that is no text",
      ONE.replace("token-a", "[token-a]"),
      [/^2: the API token of "a" is not a text/],
    ],
  ];

  test.each(problems)("reports %s and goes on", (_why, text, messages) => {
    const found = messagesOf(text);
    expect(found).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(found[index]).toMatch(message);
  });

  test("says nothing about a token or an e-mail that Python changes, and reads them as Python does", () => {
    const file = snapshot(parseContexts(ONE.replace("token-a", "00012345").replace("null", "on")));
    expect(file).toMatchObject({ contexts: [{ token: "5349", email: "True" }], problems: [] });
  });

  test("takes a lone exclamation mark for no tag at all, even before quotes", () => {
    expect(snapshot(parseContexts(ONE.replace("token-a", "! 'yes'")))).toMatchObject({
      contexts: [{ token: "True" }],
    });
  });

  test("never prints a token, whatever is wrong with it", () => {
    const tokens = ["&x secret", "!t secret", "[secret]", "{secret: 1}", "=", "2024-13-01"];
    for (const token of tokens) {
      const text = messagesOf(ONE.replace("token-a", token)).join();
      expect(text).not.toMatch(/secret|2024/);
    }
  });
});
