import { describe, expect, test } from "bun:test";
import { sweepCanaries } from "../support/sweep.ts";
import { changed, expectChanges } from "./changes.ts";
import { read } from "./ours.ts";
import { startPeer, type Seen } from "./peer.ts";

sweepCanaries();

const peer = startPeer();

const A = "- api_token: token-a\n  email: null\n  endpoint: https://a.test\n  name: a\n";
const B = "- api_token: token-b\n  email: b@b.test\n  endpoint: https://b.test\n  name: b\n";
const FILE = `contexts:\n${A}${B}current_context_name: a\n`;
const ONE_LINE = '{"name": "a", "api_token": "t", "endpoint": "e", "email": null}';
/** The usual file with something else than `a` in one place. */
const withName = (written: string) => FILE.replace("name: a\n", `name: ${written}\n`);

const LAYOUTS: [what: string, text: string][] = [
  ["JSON on one line", `{"contexts": [${ONE_LINE}], "current_context_name": "a"}`],
  [
    "JSON indented by blanks",
    JSON.stringify({ contexts: [JSON.parse(ONE_LINE)], current_context_name: "a" }, null, 2),
  ],
  ["JSON with escapes", `{"contexts": [${ONE_LINE.replace('"a"', '"\\u00e9\\ud83d\\ude00\\/\\n"')}]}`],
  ["JSON with texts on several lines", `{"contexts": [${ONE_LINE.replace('"e"', '"e\nf\n\n  g"')}]}`],
  [
    "brackets that close at the margin",
    `contexts: [\n${ONE_LINE},\n{name: b, api_token: u, endpoint: f}\n]\n`,
  ],
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
    `x: &x {endpoint: x}\ny: &y {endpoint: y, email: y}\ncontexts:\n- <<: [*x, *y]\n  name: b\n  api_token: t\n`,
  ],
  ["a byte order mark", `\ufeff${FILE}`],
  ["CRLF", FILE.replaceAll("\n", "\r\n")],
  ["carriage returns alone", FILE.replaceAll("\n", "\r")],
  ["a document's beginning", `---\n${FILE}`],
  ["a document's end", `${FILE}...\n`],
  ["a document's end twice, and a comment", `${FILE}...\n...\n# end\n`],
  ["%YAML 1.1", `%YAML 1.1\n---\n${FILE}`],
  ["%YAML 1.2", `# head\n%YAML 1.2 # or so\n--- # here\n${FILE}...\n`],
  [
    "%TAG and a directive nobody knows",
    `%TAG !y! tag:yaml.org,2002:\n%NOBODY knows\n---\n${FILE.replace("a.test", "!y!str a.test").replace("https://!", "!")}`,
  ],
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
  ["a comment right behind quotes", withName("'a'# mine").replace("null", '"x"#y')],
  [
    "another order and other indentation",
    "current_context_name: b\ncontexts:\n    -   name:   a\n        endpoint: e\n\n        api_token: t\n    -\n        endpoint: f\n        name: b\n        api_token: u\n",
  ],
  ["a literal text", withName("|-\n    a\n      b\n\n    c")],
  ["a folded text", withName(">\n    a\n    b\n\n    c")],
  ["a text of given indentation", withName("|2\n     a\n    b")],
  ["a text with its line breaks kept", withName("|+\n    a\n\n")],
  ["quotes over several lines", withName("'a\n    b\n\n    c'")],
  ["quotes that go on at the margin", withName('"a\nb\n\n c"').replace("null", "'x\ny'")],
  ["double quotes with folded lines", withName('"a \\\n    \\ b\\\n    c"')],
  ["plain text over several lines", withName("a\n   b\n\n   c")],
  [
    "keys with a question mark",
    FILE.replace("  name: a", "  ? name\n  : a").replace("contexts:", "? contexts\n:"),
  ],
  ["keys in quotes", FILE.replace("  name: a", "  'name' : a").replace("contexts:", '"contexts":')],
  [
    "a tag for strings",
    withName("!!str 12")
      .replace("token-a", "!!str token-a")
      .replace("b.test", "b")
      .replace("https://b", "!<tag:yaml.org,2002:str> b"),
  ],
  [
    "tags for collections",
    FILE.replace("contexts:", "contexts: !!seq").replace(
      A,
      "- !!map\n  api_token: t\n  endpoint: e\n  name: a\n",
    ),
  ],
  ["a lone exclamation mark", withName("! a").replace("token-a", "! 'yes'")],
  ["an empty mapping for a list", "contexts: {}\n"],
  ["an empty text for a list", "contexts: ''\ncurrent_context_name: a\n"],
  ["no contexts and no current one", "x: y\n"],
  ["an empty list in brackets", "contexts: [\n]\ncurrent_context_name: a # b\n"],
];

describe("Python and we read the same, and Python still does after each change of ours, in a file with", () => {
  test.each(LAYOUTS)("%s", async (_what, text) => {
    const [seen] = await peer.read([text]);
    if (!seen || "refused" in seen) throw new Error(`Python refuses it: ${seen?.refused}`);
    const { contexts, current } = seen;
    expect(await read(text)).toEqual({ contexts, current, problems: [] });
    const changes = await changed(seen, { required: true });
    await expectChanges(peer, seen, changes);
    for (const { change, text: after } of changes) {
      if (change.kind === "remove") continue;
      expect(after.match(/# .*/g) ?? []).toEqual(text.match(/# .*/g) ?? []);
    }
  });
});

const CONVERTED: [written: string, text: string][] = [
  ["yes", "True"],
  ["Off", "False"],
  ["~", "None"],
  ["", "None"],
  ["0123", "83"],
  ["1_000.5", "1000.5"],
  ["12:30", "750"],
  ["2024-1-2 3:04:05Z", "2024-01-02 03:04:05+00:00"],
  ["!!bool 'yes'", "True"],
  ["!!null x", "None"],
  ["!!int '0x1F'", "31"],
  ["!!float 1e3", "1000.0"],
  ["!!timestamp '2024-1-2'", "2024-01-02"],
  ["[a, 1, 'it''s', {b: ~}]", "['a', 1, \"it's\", {'b': None}]"],
  ["\n    k: v", "{'k': 'v'}"],
];

describe("a name that Python makes another text of is read so, and said to be", () => {
  test.each(CONVERTED)("%p as %p", async (written, name) => {
    const text = withName(written);
    const [seen] = await peer.read([text]);
    const ours = await read(text);
    for (const side of [seen, ours]) expect(side).toHaveProperty(["contexts", 0, 0], name);
    expect(ours).toHaveProperty("contexts", (seen as Seen).contexts);
    expect(ours).toHaveProperty("problems", [
      expect.stringMatching(/^BentoML reads this as .*name needs quotes|^the name is not a text$/),
    ]);
  });
});

const REFUSED: [what: string, text: string][] = [
  ["a value that means something in YAML", withName("=")],
  ["a merge key as a value", withName("<<")],
  ["a date that does not exist", withName("2024-13-01")],
  ["a date that does not exist under an unknown key", `${FILE}x: [2024-13-01]\n`],
  ["a value that a later key hides", withName("=\n  name: a")],
  ["an unknown tag", withName("!x a")],
  ["an unknown tag under an unknown key", `${FILE}x: !y z\n`],
  ["an unknown tag on the list", FILE.replace("contexts:", "contexts: !x")],
  ["a tag of Python's", `${FILE}x: !!python/name:os.system\n`],
  ["a tag for text on a list", FILE.replace("contexts:", "contexts: !!str")],
  ["a tag that does not fit", withName("!!int a")],
  ["a placeholder that nobody filled in", FILE.replace("token-a", "{{ token }}")],
  ["a list as a key", `${FILE}? [a]\n: b\n`],
  ["an entry without a name", FILE.replace("  name: a\n", "")],
  ["an entry without an endpoint", FILE.replace("  endpoint: https://a.test\n", "")],
  ["an entry without a token", FILE.replace("- api_token: token-a\n ", "-")],
];

describe("what Python refuses works for us, and we say that Python refuses it:", () => {
  test.each(REFUSED)("%s", async (_what, text) => {
    expect(await peer.read([text])).toEqual([{ refused: expect.any(String) }]);
    expect(await read(text)).toMatchObject({
      contexts: expect.any(Array),
      problems: expect.arrayContaining([expect.stringMatching(/refuses the whole file/)]),
    });
  });
});

const CORRUPT: [what: string, text: string][] = [
  ["an open bracket", "contexts: [a\n"],
  ["an open quote", withName("'a")],
  ["contexts that are null", "contexts:\n"],
  ["contexts that are a mapping", "contexts: {a: b}\n"],
  ["contexts that are a text", "contexts: abc\n"],
  ["an entry that is a text", "contexts: [a]\n"],
  ["an entry that is null", "contexts:\n-\n"],
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

describe("what is broken for Python is broken for us:", () => {
  test.each(CORRUPT)("%s", async (_what, text) => {
    expect(await peer.read([text])).toEqual([{ refused: expect.any(String) }]);
    expect(await read(text)).toEqual({ corrupt: expect.stringMatching(/ at line \d+, column \d+$/) });
  });
});

/** Things that nobody writes, and that would take another parser: an error, and the file as it was. */
const OURS_ALONE: [what: string, text: string][] = [
  ["a raw U+0085, U+2028 or U+2029, which end lines in YAML 1.1 alone", withName('"a\u2028b"')],
  ["the same in a comment", `${FILE}# a\x85b: c\n`],
  [
    "a question mark in brackets without a blank behind it",
    'contexts: [{?"name": a, endpoint: e, api_token: t}]\n',
  ],
  ["a lone dash in brackets", "contexts: [{name: -, endpoint: e, api_token: t}]\n"],
  ["an anchor with a question mark behind it", withName("&x?a")],
  ["an alias with a colon right behind it", "x: &x contexts\n*x: []\n"],
  ["a block text below its anchor, at the margin of the keys", withName("&x\n  |-\n    a")],
  ["blanks below a text of given indentation", withName("|2\n    a\n      ")],
  ["an empty line behind an escaped line break", withName('"a\\\n\n    b"')],
  ["a tag in brackets without a name", withName("!<!> a")],
  ["a list instead of a mapping, which is no contexts to Python", "- a\n"],
  ["a text instead of a mapping, which is no contexts to Python", "hello\n"],
];

describe("what Python alone can read is an error, never another value:", () => {
  test.each(OURS_ALONE)("%s", async (_what, text) => {
    expect(await peer.read([text])).toMatchObject([{ text }]);
    expect(await read(text)).toEqual({ corrupt: expect.stringMatching(/ at line \d+, column \d+$/) });
  });

  test.each(["", "# only a comment\n", "null\n", "[]\n", "false\n"])(
    "%p, which Python replaces",
    async (text) => {
      expect(await peer.read([text])).toMatchObject([
        { text: "contexts: []\ncurrent_context_name: default\n" },
      ]);
      expect(await read(text)).toHaveProperty("corrupt");
    },
  );

  test.each(["!!binary YQ==", "!!set {a}", "!!omap [a: b]", "!!int ' 1 '"])(
    "%s works, with a false alarm about Python",
    async (written) => {
      const text = `${FILE}x: ${written}\n`;
      const [seen] = await peer.read([text]);
      const { contexts, current } = seen as Seen;
      expect(await read(text)).toEqual({
        contexts,
        current,
        problems: [expect.stringMatching(/^Python bentoml cannot read what stands here/)],
      });
    },
  );
});
