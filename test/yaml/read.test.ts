import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CliError } from "../../src/errors.ts";
import { readFast } from "../../src/yaml/read-fast.ts";
import { readJson } from "../../src/yaml/read-json.ts";
import { parseContexts } from "../../src/yaml/read-document.ts";
import { problemError, problemWith, readContexts } from "../../src/yaml/read.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { entry, snapshot } from "./support.ts";

sweepCanaries();

const ONE = `contexts:\n${entry("a")}current_context_name: a\n`;
const USUAL = `# head\ncontexts: # c\n${entry("a")}${entry("b", { email: "'x'", api_token: '"t\\xE9"' })}  note: c # d\ntheme: dark\ncurrent_context_name: a\n`;

describe("the fast reader", () => {
  const accepted: [what: string, text: string][] = [
    ["what Python writes", ONE],
    ["an empty list", "contexts: []\ncurrent_context_name: default\n"],
    ["an empty list with a comment", "contexts: [] # none\n"],
    ["no current name", ONE.replace(/current.*\n/, "")],
    ["no final newline", ONE.trimEnd()],
    ["CRLF", ONE.replaceAll("\n", "\r\n")],
    ["comments and blank lines", `# head\n\n${ONE.replace("  email", "  # mine\n\n   \n  email")}# tail`],
    ["comments behind values", ONE.replace("null", "# none").replace("name: a", "name: 'a'  # mine")],
    ["unknown keys", `theme: dark\n${ONE.replace("  email", "  note: 'x: y'\n  email")}x:\n`],
    ["indented dashes", "contexts:\n    -   name: a\n        api_token: t\n        endpoint: e\n"],
    ["another order", "current_context_name: 'a'\ncontexts:\n- name: a\n  endpoint: e\n  api_token: t  \n"],
    ["an empty e-mail", "contexts:\n- name: a\n  endpoint: e\n  api_token: t\n  email:\n"],
    ["single quotes", "contexts:\n- name: 'it''s'\n  endpoint: ''\n  api_token: '# : '\n  email: 'null'\n"],
    ["double quotes", ONE.replace("name: a", 'name: "a # \\xE9\\u65E5\\U0001F600\\n\\""')],
  ];

  test.each(accepted)("accepts %s", (_what, text) => {
    const file = readFast(text);
    expect(file && snapshot(file)).toEqual(snapshot(parseContexts(text)));
  });

  const declined: [what: string, text: string][] = [
    ["a value that Python changes", ONE.replace("name: a", "name: yes")],
    ["a value that Python refuses", ONE.replace("name: a", "name: =")],
    ["an unknown value that Python may refuse", `x: 2024-13-01\n${ONE}`],
    ["an unclosed quote", ONE.replace("name: a", "name: 'a")],
    ["a comment right behind a quote", ONE.replace("name: a", "name: 'a'# mine")],
    ["half of a surrogate pair", ONE.replace("name: a", 'name: "\\ud83d"')],
    ["an unusual escape", ONE.replace("name: a", 'name: "\\/"')],
    ["an anchor", ONE.replace("name: a", "name: &x a")],
    ["a tab", ONE.replace("name: a", "name: a\t")],
    ["letters beyond ASCII", ONE.replace("name: a", "name: é")],
    ["a byte order mark", `\ufeff${ONE}`],
    ["a document marker", `---\n${ONE}`],
    ["a nested key", ONE.replace("  email", "  note:\n    x: y\n  email")],
    ["a key given twice", ONE.replace("  email", "  name: x\n  email")],
    ["a missing token", ONE.replace(/ api_token: .*\n {2}/, " ")],
    ["a text on two lines", ONE.replace("name: a\n", "name: a\n    b\n")],
    ["a list without entries", "contexts:\ncurrent_context_name: a\n"],
    ["entries after an empty list", `contexts: []\n${entry("a")}`],
    ["flow style", "contexts: [{name: a}]\n"],
    ["a carriage return on its own", ONE.replace("\n", "\r")],
    ["nothing", ""],
  ];

  test.each(declined)("leaves %s to the full reader", (_what, text) => {
    expect(readFast(text)).toBeUndefined();
  });

  test("agrees with the full reader about files that people edited", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom(..." ,\n,',\",#,: ,- ,\r\n, #,\\,[],\n  ,12,yes,note:,\n- ,|,<<: ,~".split(",")),
    );
    const patch = fc.tuple(fc.nat(USUAL.length), fc.nat(3), piece);
    let seen = 0;
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1, maxLength: 3 }), (patches) => {
        const text = patches.reduce(
          (now, [at, cut, put]) => now.slice(0, at) + put + now.slice(at + cut),
          USUAL,
        );
        const file = readFast(text);
        if (!file) return;
        seen += 1;
        expect(snapshot(file)).toEqual(snapshot(parseContexts(text)));
      }),
      { numRuns: 3000 },
    );
    expect(seen).toBeGreaterThan(100);
  });
});

describe("the reader of JSON", () => {
  const LOGIN = { name: "a", endpoint: "https://a.test", api_token: "# : t", email: null };
  const FILE = {
    contexts: [LOGIN, { ...LOGIN, name: "b", email: "x", note: "" }],
    current_context_name: "b",
  };
  const JSON_TEXT = JSON.stringify(FILE, null, 2);

  const accepted: [what: string, text: string][] = [
    ["one line", JSON.stringify(FILE)],
    ["as Python writes it", JSON.stringify(FILE).replaceAll(/([:,])"/g, '$1 "')],
    ["indented", JSON_TEXT],
    ["CRLF", `${JSON_TEXT.replaceAll("\n", "\r\n")}\r\n`],
    ["no current name", JSON.stringify({ contexts: [LOGIN] })],
    ["an empty list", '{"contexts": []}'],
    ["a key given twice", JSON_TEXT.replace('"name": "a"', '"name": "x", "name": "a"')],
    ["a name that is a key", JSON_TEXT.replaceAll('"b"', '"current_context_name"')],
  ];

  test.each(accepted)("accepts %s", (_what, text) => {
    const file = readJson(text);
    expect(file && snapshot(file)).toEqual(snapshot(parseContexts(text)));
  });

  const declined: [what: string, text: string][] = [
    ["an escape", JSON_TEXT.replace('"a"', '"\\u0061"')],
    ["a number", JSON_TEXT.replace('"a"', "1")],
    ["a missing token", JSON_TEXT.replace("api_token", "token")],
    ["a comma at the end", '{"contexts": [],}'],
    ["a comment", `${JSON_TEXT} # mine`],
    ["a tab", JSON_TEXT.replace("  ", "\t")],
    ["a value on the next line", JSON_TEXT.replace('"name": ', '"name":\n')],
    ["a colon on the next line", JSON_TEXT.replace('"name":', '"name"\n:')],
    ["a long key", JSON_TEXT.replace('"note"', `"${"n".repeat(1100)}"`)],
    ["a list of lists", '{"contexts": [[]]}'],
    ["no object", "[]"],
    ["no list", "{}"],
  ];

  test.each(declined)("leaves %s to the full reader", (_what, text) => {
    expect(readJson(text)).toBeUndefined();
  });
});

describe("the full reader", () => {
  const same: [what: string, text: string][] = [
    [
      "JSON",
      '{"contexts": [\n  {"name": "a", "api_token": "token-a", "email": null, "endpoint": "https://a.test"}\n], "current_context_name": "a"}',
    ],
    ["a byte order mark and a document marker", `\ufeff---\n${ONE}...\n`],
    ["a YAML directive", `%YAML 1.2\n---\n${ONE}`],
    ["lone carriage returns, which end lines in Python", ONE.replaceAll("\n", "\r")],
    ["the last of duplicate keys", ONE.replace("  name: a", "  name: b\n  name: a")],
    ["nested unknown key", `other: [1, {x: 2024-01-31}]\n${ONE.replace("  name", "  note: {x: ~}\n  name")}`],
    ["block and folded", ONE.replace("name: a", "name: >-\n    a").replace("token-a", "|-\n    token-a")],
    ["aliases", `x: &x a\n${ONE.replaceAll("name: a", "name: *x")}`],
    [
      "merge keys",
      `x: &x {email: e, name: b, endpoint: https://a.test}\n${ONE.replace(/ {2}endpoint.*\n/, "  <<: *x\n")}`,
    ],
    [
      "merged mappings that share a key which the entry overrides",
      `x: [&x {endpoint: https://a.test, name: b}, &y {name: z}]\n${ONE.replace(/ {2}endpoint.*\n/, "  <<: [*x, *y]\n")}`,
    ],
    ["a tag for strings", ONE.replace("name: a", "name: !!str a")],
    ["comments with tabs", ONE.replace("token-a", "token-a #\ta\tb")],
  ];

  test.each(same)("understands %s", async (_what, text) => {
    expect(snapshot(await readContexts(text))).toMatchObject({
      contexts: [{ name: "a", token: "token-a", endpoint: "https://a.test", email: null }],
      current: { name: "a" },
      problems: [],
    });
  });

  test("accepts a number if Python's text of it equals the written one", () => {
    const text = `contexts:\n${entry("1.5", { api_token: "12345678", endpoint: "0", email: "-3" })}`;
    expect(snapshot(parseContexts(text))).toMatchObject({
      contexts: [{ name: "1.5", token: "12345678", endpoint: "0", email: "-3" }],
      problems: [],
    });
  });

  test("keeps duplicate names in order, with the line of each entry's first key", () => {
    const text = `# head\ncontexts:\n${entry("a")}\n${entry("a", { endpoint: "second" })}`;
    for (const file of [parseContexts(text), readFast(text)])
      expect(file?.contexts.map(({ line, endpoint }) => [line, endpoint.reveal()])).toEqual([
        [3, "https://a.test"],
        [8, "second"],
      ]);
  });

  test("reads no contexts from a mapping without them", () => {
    const current = { name: "default", line: null };
    expect(parseContexts("{}")).toEqual({ contexts: [], current, problems: [] });
  });

  const corrupt: [what: string, text: string, at: string][] = [
    ["an empty file", "", "line 1, column 1"],
    ["only comments", "# nothing\n", "line 1, column 1"],
    ["null", "---\nnull\n", "line 2, column 1"],
    ["a list", "- secret\n", "line 1, column 1"],
    ["a text", "secret\n", "line 1, column 1"],
    ["a tagged mapping", "!x {secret: x}\n", "line 1, column 4"],
    ["two documents", `${ONE}---\n${ONE}`, "line 7, column 1"],
    ["contexts that are null", "contexts:\ncurrent_context_name: secret\n", "line 1, column 1"],
    ["contexts that are a mapping", "\ncontexts: {secret: b}\n", "line 2, column 1"],
    ["tabs as indentation", "contexts:\n-\tname: secret\n", "line 2, column 2"],
    ["tabs in JSON", '{\n\t"secret": []}', "line 2, column 1"],
    ["control characters", `\ufeffcontexts: [] # "\x01secret"\n`, "line 1, column 17"],
    ["line breaks of old", `contexts: []\nx: "secret\u2028"\n`, "line 2, column 11"],
    ["an open quote", "contexts: []\nx: 'secret\n", "line 2, column 4"],
    ["an escaped quote at the end", 'contexts: []\nx: "secret\\"', "line 2, column 4"],
    ["an alias of nothing", "contexts: []\nx: *secret\n", "line 2, column 4"],
    ["an alias in its own anchor", "contexts: []\nx: &secret [*secret]\n", "line 2, column 13"],
    ["an anchor given twice", "contexts: []\nx: [&secret a, &secret b]\n", "line 2, column 24"],
    ["a query in brackets unquoted", "contexts: [{name: secret, endpoint: e?x}]\n", "line 1, column 37"],
    ["what stands in brackets and is not indented", "contexts: [\n{name: secret}]\n", "line 1, column 11"],
    ["an open bracket", "x: [secret, {", "line 1, column 13"],
    ["a question mark for a key", "contexts: []\n? secret\n: x\n", "line 2, column 1"],
  ];

  test.each(corrupt)("refuses %s, with line and column and without the content", async (_what, text, at) => {
    const error: unknown = await readContexts(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CliError);
    const message = expect.stringMatching(new RegExp(`at ${at}$`));
    expect(error).toMatchObject({ code: "CORRUPT", message, cause: undefined });
    expect(String(error)).not.toContain("secret");
  });
});

describe("an entry that a version of Python would read differently", () => {
  const TWO = `contexts:\n${entry("a")}${entry("b")}`;
  const leftOut: [what: string, text: string, line: number, message: RegExp][] = [
    ["a number with zeros", TWO.replace("token-a", "0123"), 2, /^context "a" .* its API token .*; quote it$/],
    ["a version number", TWO.replace("https://a.test", "1.10"), 4, /its endpoint is read .*; quote it$/],
    ["a word for true", TWO.replace("null", "on"), 3, /its e-mail is read by Python as something else/],
    ["a date", TWO.replace("name: a", "name: 2024-01-01"), 5, /^context "2024-01-01" .*; quote it$/],
    ["no endpoint", TWO.replace(/ {2}endpoint: .*\n/, ""), 2, /its endpoint is missing; add it$/],
    ["an empty endpoint", TWO.replace("https://a.test", ""), 4, /its endpoint is empty, .*; fill it in$/],
    ["a list", TWO.replace("token-a", "[token-a]"), 2, /its API token is not a text; write one in/],
    ["a YAML sign", TWO.replace("https://a.test", "="), 4, /its endpoint means something else .*quote it$/],
    ["a tag", TWO.replace("null", "!x a@b"), 3, /its e-mail has a YAML tag, .*; remove it$/],
    ["a tag elsewhere", TWO.replace("  name: a", "  n: [!x y]\n  name: a"), 5, /a part of it has a YAML/],
    ["an impossible date", TWO.replace("  name: a", "  n: 2023-02-30\n  name: a"), 5, /a part of it looks/],
    ["a placeholder", TWO.replace("token-a", "{{ token }}"), 2, /its API token is a key and not a text/],
    ["halves of a character", TWO.replace("null", '"\\ud83d\\ude00"'), 3, /its e-mail spells .*; use /],
    ["a merged text", TWO.replace("  name: a", "  <<: x\n  name: a"), 5, /a part of it merges .*; correct/],
    [
      "merged mappings that share a key",
      TWO.replace("- api_token: token-a\n ", "- <<: [{api_token: x}, {api_token: y}]\n "),
      2,
      /its API token stands in several merged mappings, .*; write it in the entry itself$/,
    ],
    ["a text alone", TWO.replace(entry("a"), "- token-a\n"), 2, /^an entry is left out: it is not a mapping/],
    ["no name", TWO.replace("  name: a\n", ""), 2, /^an entry is left out: its name is missing; add it$/],
  ];

  test.each(leftOut)(
    "is the only one left out for %s, with its line and the fix",
    (_what, text, line, message) => {
      const { contexts, problems } = snapshot(parseContexts(text));
      expect(contexts).toMatchObject([{ name: "b", token: "token-b" }]);
      expect(problems).toMatchObject([{ line, message: expect.stringMatching(message) }]);
      expect(JSON.stringify(problems)).not.toContain("token-a");
    },
  );

  test("is an error when it is used, also if a later entry has its name", async () => {
    const text = TWO.replace("https://a.test", "1.10") + entry("a");
    const file = await readContexts(text);
    expect(file.contexts.map(({ name }) => name)).toEqual(["b"]);
    expect(problemWith(file, "b")).toBeUndefined();
    const problem = problemWith(file, "a");
    expect(problem && problemError(problem, "/x")).toMatchObject({
      code: "CORRUPT",
      message: expect.stringMatching(/^\/x:4: context "a" is left out: its endpoint .*; quote it$/),
    });
    expect(problemWith(file, null)).toBeUndefined();
  });

  test.each(["yes", "", "~", "[a]", "!x a"])(
    "makes the current context unknown when the value is its name: %p",
    async (name) => {
      const file = await readContexts(`${TWO}current_context_name: ${name}\n`);
      expect(file).toMatchObject({ current: { name: "default", line: 10 }, contexts: [{}, {}] });
      expect(problemWith(file, null)).toMatchObject({ line: 10, current: true });
    },
  );

  test("is kept when only its token is missing, empty or null, with a problem if Python refuses the file", () => {
    for (const [token, text] of [
      ["api_token:", "None"],
      ["api_token: ''", ""],
      ["note: x", ""],
    ] as const) {
      const { contexts, problems } = snapshot(parseContexts(TWO.replace("api_token: token-a", token)));
      expect(contexts).toMatchObject([{ name: "a", token: text }, { name: "b" }]);
      expect(problems).toHaveLength(token === "note: x" ? 1 : 0);
    }
  });

  test("is not the only reason for which Python refuses a file", () => {
    const { contexts, problems } = parseContexts(`${TWO}x: 2024-13-01\ny: {z: !x z}\n`);
    expect(contexts).toHaveLength(2);
    expect(problems.map(({ line }) => line)).toEqual([10, 11]);
  });
});
