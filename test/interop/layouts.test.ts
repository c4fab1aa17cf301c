import { describe, expect, test } from "bun:test";
import { sweepCanaries } from "../support/sweep.ts";
import { commentsIn, expectChanges } from "./changes.ts";
import { type Ours, read } from "./ours.ts";
import { type Answer, startPeers } from "./peer.ts";

sweepCanaries();

const peers = startPeers();

async function ask(text: string): Promise<Answer[]> {
  return (await Promise.all(peers.map((peer) => peer.read([text])))).flat();
}

const A = "- api_token: token-a\n  email: null\n  endpoint: https://a.test\n  name: a\n";
const B = "- api_token: token-b\n  email: b@b.test\n  endpoint: https://b.test\n  name: b\n";
const FILE = `contexts:\n${A}${B}current_context_name: a\n`;
const ONE_LINE = '{"name": "a", "api_token": "t", "endpoint": "e", "email": null}';
/** The usual file with another text instead of `a` in one place. */
const withName = (written: string) => FILE.replace("name: a\n", `name: ${written}\n`);

const LAYOUTS: [what: string, text: string][] = [
  ["JSON on one line", `{"contexts": [${ONE_LINE}], "current_context_name": "a"}`],
  ["indented JSON", JSON.stringify({ contexts: [JSON.parse(ONE_LINE)], current_context_name: "a" }, null, 2)],
  ["JSON with texts on several lines", `{"contexts": [${ONE_LINE.replace('"e"', '"e\nf\n\n  g"')}]}`],
  ["single braces in a list of dashes", `contexts:\n- ${ONE_LINE} # mine\n${B}`],
  [
    "anchors and aliases",
    FILE.replace("https://a.test", "&e https://a.test").replace("https://b.test", "*e # same"),
  ],
  ["an alias for a whole context", `x: &x {name: a, api_token: t, endpoint: e}\ncontexts: [*x]\n`],
  [
    "a merge key",
    `x: &x {endpoint: https://x.test, email: x}\ncontexts:\n${A}- <<: *x\n  name: b\n  api_token: t\n`,
  ],
  [
    "merge keys in a list",
    `x: &x {endpoint: x}\ny: &y {email: y}\ncontexts:\n- <<: [*x, *y]\n  name: b\n  api_token: t\n`,
  ],
  ["a byte order mark", `\ufeff${FILE}`],
  ["CRLF", FILE.replaceAll("\n", "\r\n")],
  ["carriage returns alone", FILE.replaceAll("\n", "\r")],
  ["a document's beginning", `---\n${FILE}`],
  ["a document's end", `${FILE}...\n`],
  ["a document's end twice, and a comment", `${FILE}...\n...\n# end\n`],
  ["%YAML 1.1", `%YAML 1.1\n---\n${FILE}`],
  ["%YAML 1.2", `# head\n%YAML 1.2 # or so\n--- # here\n${FILE}...\n`],
  ["one name twice", `contexts:\n${A}${A.replace("token-a", "second")}`],
  [
    "keys given twice, of which the last counts",
    FILE.replace("  name: a", "  name: x\n  name: a").replace(
      "current_context_name",
      "current_context_name: x\ncurrent_context_name",
    ),
  ],
  ["two lists, of which the last counts", `contexts: []\n${FILE}`],
  [
    "unknown keys",
    `theme: {dark: [1, ~]}\n${FILE.replace("  email", "  scopes:\n  - api\n  email")}1: 2\n~: x\n`,
  ],
  [
    "comments everywhere",
    `# 1\ncontexts: # 2\n# 3\n${A.replace("null", "null # 4")}  # 5\n\n# 6\n${B}# 7\ncurrent_context_name: a # 8\n# 9`,
  ],
  [
    "another order and other indentation",
    "current_context_name: b\ncontexts:\n    -   name:   a\n        endpoint: e\n\n        api_token: t\n    -\n        endpoint: f\n        name: b\n        api_token: u\n",
  ],
  ["a literal text", withName("|-\n    a\n      b\n\n    c")],
  ["a folded text", withName(">\n    a\n    b\n\n    c")],
  ["a text with its line breaks kept", withName("|+\n    a\n\n")],
  ["quotes over several lines", withName("'a\n    b\n\n    c'")],
  ["double quotes with folded lines", withName('"a \\\n    \\ b\\\n    c"')],
  ["plain text over several lines", withName("a\n   b\n\n   c")],
  ["keys in quotes", FILE.replace("  name: a", "  'name' : a").replace("contexts:", '"contexts":')],
  [
    "a tag for strings",
    withName("!!str 12")
      .replace("token-a", "!!str token-a")
      .replace("b.test", "b")
      .replace("https://b", "!<tag:yaml.org,2002:str> b"),
  ],
  ["no contexts and no current one", "x: y\n"],
  ["an empty list in brackets", "contexts: [\n]\ncurrent_context_name: a # b\n"],
];

describe("every Python and we read the same values, before and after each change of ours, in a file with", () => {
  test.each(LAYOUTS)("%s", async (_what, text) => {
    const answers = await ask(text);
    const ours = await read(text);
    for (const answer of answers) {
      if ("refused" in answer) throw new Error(`Python refuses it: ${answer.refused}`);
      const { contexts, current } = answer;
      expect(ours).toEqual({ contexts, current, problems: [] });
    }
    for (const after of (await expectChanges(peers, answers, text, ours as Ours)).slice(0, -1))
      expect(commentsIn(after)).toEqual(commentsIn(text));
  });
});

/** Text in place of a name, and whether Python reads it as other text or refuses the file. */
const UNUSABLE: [is: "converted" | "refused" | "disputed", written: string][] = [
  ...["yes", "Off", "~", "", "0123", "1_000.5", "1.10", "12:30", "2024-01-01", "2024-1-2 3:04:05Z"].map(
    (written) => ["converted", written] as ["converted", string],
  ),
  ...["!!bool 'yes'", "!!null x", "!!int '0x1F'", "! 'yes'", "[a, 1]", "\n    k: v", "&n [&m x, *m]"].map(
    (written) => ["converted", written] as ["converted", string],
  ),
  ...["=", "<<", "2024-13-01", "!x a", "!!python/name:os.system x", "!!int a", "{{ name }}"].map(
    (written) => ["refused", written] as ["refused", string],
  ),
  ["disputed", "a\n  <<: [{endpoint: x}, {endpoint: y}]\n  note: x"],
];

describe("only that entry is left out, with its line and the fix, when its name is", () => {
  test.each(UNUSABLE)("%s: %p", async (is, written) => {
    const text =
      is === "disputed" ? withName(written).replace("  endpoint: https://a.test\n", "") : withName(written);
    const answers = await ask(text);
    expect(answers.some((answer) => "refused" in answer)).toBe(is === "refused");
    expect(await read(text)).toMatchObject({
      contexts: [["b", "https://b.test", "token-b", "b@b.test"]],
      problems: [
        { line: expect.any(Number), message: expect.stringMatching(/ is left out: .*(?:; | in quotes)/) },
      ],
    });
  });
});

const REFUSED: [what: string, text: string][] = [
  ["a date that does not exist under an unknown key", `${FILE}x: [2024-13-01]\n`],
  ["a value that a later key hides", withName("=\n  name: a")],
  ["an unknown tag under an unknown key", `${FILE}x: !y z\n`],
  ["a tag of Python's", `${FILE}x: !!python/name:os.system\n`],
  ["a placeholder that nobody filled in", FILE.replace("token-a", "{{ token }}")],
  ["an entry without a name", FILE.replace("  name: a\n", "")],
  ["an entry without an endpoint", FILE.replace("  endpoint: https://a.test\n", "")],
  ["an entry without a token", FILE.replace("- api_token: token-a\n ", "-")],
  ["an entry that is a text", FILE.replace("contexts:\n", "contexts:\n- a\n")],
  ["an entry that is null", FILE.replace("contexts:\n", "contexts:\n-\n")],
];

describe("text that Python refuses is a problem with its line, and other entries work:", () => {
  test.each(REFUSED)("%s", async (_what, text) => {
    for (const answer of await ask(text)) expect(answer).toHaveProperty("refused");
    const { contexts, problems } = (await read(text)) as Ours;
    expect(problems).toMatchObject([{ line: expect.any(Number) }]);
    expect(contexts.map(([name]) => name)).toContain("b");
  });
});

const CORRUPT: [what: string, text: string][] = [
  ["an open bracket", "contexts: [a\n"],
  ["an open quote", withName("'a")],
  ["contexts that are null", "contexts:\n"],
  ["contexts that are a mapping", "contexts: {a: b}\n"],
  ["contexts that are a text", "contexts: abc\n"],
  ["two documents", `${FILE}---\n${FILE}`],
  ["tabs as indentation", FILE.replaceAll("  ", "\t")],
  ["a tab behind a value", withName("a\t")],
  ["a control character", withName('"a\x01"')],
  ["DEL", withName("a\x7f")],
  ["an alias of nothing", withName("*x")],
  ["one anchor twice", withName("&x a").replace("token-a", "&x t")],
  ["a version of YAML to come", `%YAML 2.0\n---\n${FILE}`],
  ["a directive twice", `%YAML 1.1\n%YAML 1.1\n---\n${FILE}`],
  ["a directive at the end", `${FILE}...\n%YAML 1.1\n`],
  ["a directive without a document's beginning", `%YAML 1.1\n${FILE}`],
  ["a list as a key", `${FILE}[a]: b\n`],
  ["a key over two lines", "{'con\n texts': []}"],
  ["a key of more than 1024 letters", `contexts: []\n${"x".repeat(1025)}: y\n`],
  ["a question mark in brackets", "contexts: [{name: a, endpoint: https://e?x, api_token: t}]\n"],
  ["a colon too many", "contexts: []\nx: [:a]\n"],
  ["a value without a key", "contexts: []\n: a\n"],
  ["a tag that swallows a comma", "contexts: []\nx: [!!str, a]\n"],
  ["an anchor with a dot", withName("&x.y a")],
  ["a comment right behind a bar", `contexts: []\nx: |#y\n z\n`],
  ["an unknown escape", withName('"\\q"')],
  ["a byte order mark at the end", `${FILE}...\n\ufeff`],
];

describe("text that Python cannot parse is an error here too:", () => {
  test.each(CORRUPT)("%s", async (_what, text) => {
    for (const answer of await ask(text)) expect(answer).toHaveProperty("refused");
    expect(await read(text)).toEqual({ corrupt: expect.stringMatching(/ at line \d+, column \d+$/) });
  });
});

/** Rare forms that would need another parser: an error, and the file is unchanged. */
const OURS_ALONE: [what: string, text: string][] = [
  ["a raw U+0085, U+2028 or U+2029, which end lines in YAML 1.1 alone", withName('"a\u2028b"')],
  ["a byte order mark in a text", withName('"a\ufeffb"')],
  ["keys with a question mark", FILE.replace("  name: a", "  ? name\n  : a")],
  ["a lone dash in brackets", "contexts: [{name: -, endpoint: e, api_token: t}]\n"],
  ["brackets that go on at the margin", `contexts: [\n${ONE_LINE},\n${ONE_LINE}\n]\n`],
  ["quotes that go on at the margin", withName('"a\nb"')],
  ["an anchor with a question mark behind it", withName("&x?a")],
  ["an alias with a colon right behind it", "x: &x contexts\n*x: []\n"],
  ["a block text below its anchor, at the margin of the keys", withName("&x\n  |-\n    a")],
  ["a text of given indentation", withName("|2\n     a\n    b")],
  ["an empty line behind an escaped line break", withName('"a\\\n\n    b"')],
  ["a comment right behind quotes", withName("'a'# mine").replace("null", "[x]")],
  ["a directive that nobody knows", `%NOBODY knows\n---\n${FILE}`],
  ["a tag for a collection", FILE.replace("contexts:", "contexts: !!seq")],
  ["an empty mapping for a list", "contexts: {}\n"],
  ["an empty text for a list", "contexts: ''\ncurrent_context_name: a\n"],
  ["a list instead of a mapping, which is no contexts to Python", "- a\n"],
  ["a text instead of a mapping, which is no contexts to Python", "hello\n"],
];

describe("text that only Python can read is an error, never another value:", () => {
  test.each(OURS_ALONE)("%s", async (_what, text) => {
    for (const answer of await ask(text)) expect(answer).toMatchObject({ text });
    expect(await read(text)).toEqual({ corrupt: expect.stringMatching(/ at line \d+, column \d+$/) });
  });

  test.each(["", "# only a comment\n", "null\n", "[]\n", "false\n"])(
    "%p, which Python overwrites",
    async (text) => {
      for (const answer of await ask(text))
        expect(answer).toMatchObject({ text: "contexts: []\ncurrent_context_name: default\n" });
      expect(await read(text)).toHaveProperty("corrupt");
    },
  );
});
