import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Token } from "../../src/contexts/token.ts";
import { type Change, editContexts } from "../../src/yaml/edit.ts";
import { readFast } from "../../src/yaml/read-fast.ts";
import { readContexts } from "../../src/yaml/read.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { entry, snapshot } from "./support.ts";

/** The changed text. */
const edit = async (...given: Parameters<typeof editContexts>) => (await editContexts(...given)).text;

sweepCanaries();

function put(name: string, email: string | null = null): Change {
  return { kind: "put", name, endpoint: "https://new.test", token: new Token("new-token"), email };
}

function added(name: string, email?: string): string {
  return entry(name, { api_token: "new-token", endpoint: "https://new.test", ...(email ? { email } : {}) });
}

const use = (name: string | null): Change => ({ kind: "use", name });
const remove = (name: string): Change => ({ kind: "remove", name });
const rename = (from: string, to: string): Change => ({ kind: "rename", from, to });

const TWO = `contexts:\n${entry("a")}${entry("b")}current_context_name: a\n`;

/** The text after the changes. Checks that other line ends give an equal text. */
async function edited(text: string, changes: Change[]): Promise<string> {
  const after = await edit(text, changes);
  const crlf = (one: string) => `${text.startsWith("{") ? "\ufeff" : ""}${one.replaceAll("\n", "\r\n")}`;
  expect(await edit(crlf(text), changes)).toBe(crlf(after));
  return after;
}

type Case = [does: string, text: string, changes: Change[], result: string];

describe("edit: a file that does not exist", () => {
  test("is written as Python writes it", async () => {
    const text = await edit(undefined, [put("default", "me@x.io"), put("b"), use("b")]);
    expect(text).toBe(`contexts:\n${added("default", "me@x.io")}${added("b")}current_context_name: b\n`);
  });

  test("is written empty when there is nothing to write", async () => {
    expect(await edit(undefined, [])).toBe("contexts: []\ncurrent_context_name: default\n");
  });
});

describe("edit: a file in the usual shape", () => {
  const cases: Case[] = [
    ["switches", TWO, [use("b")], TWO.replace("_name: a", "_name: b")],
    ["quotes what needs it", TWO, [use("no")], TWO.replace("_name: a", "_name: 'no'")],
    ["escapes what is not ASCII", TWO, [use("é")], TWO.replace("_name: a", '_name: "\\xE9"')],
    ["takes the current name out", TWO, [use(null)], TWO.replace("current_context_name: a\n", "")],
    ["takes out what is not there", `contexts:\n${entry("a")}`, [use(null)], `contexts:\n${entry("a")}`],
    [
      "adds a current name below the entries",
      `contexts:\n${entry("a")}# end`,
      [use("a")],
      `contexts:\n${entry("a")}current_context_name: a\n# end`,
    ],
    [
      "keeps how an unchanged value is written",
      TWO.replace("name: b", "name:  'b'  "),
      [put("b", "me@new.test"), use("a")],
      `contexts:\n${entry("a")}${added("b", "me@new.test")}current_context_name: a\n`.replace(
        "name: b",
        "name:  'b'  ",
      ),
    ],
    [
      "keeps comments after values, and unknown keys",
      `# head\ncontexts: # list\n${entry("a").replace("null", "# none").replace("token-a", '"token-a" # old')}  note: 'x # y' # z\ncurrent_context_name: b # now\n`,
      [put("a", "é"), use("a")],
      `# head\ncontexts: # list\n${added("a").replace("null", '"\\xE9" # none').replace("-token", "-token # old")}  note: 'x # y' # z\ncurrent_context_name: a # now\n`,
    ],
    [
      "distinguishes the e-mail 'None' from a missing one",
      TWO,
      [put("a", "None"), put("b", null)],
      `contexts:\n${added("a", "None")}${added("b")}current_context_name: a\n`,
    ],
    ["renames first", TWO, [rename("a", "c"), use("c"), remove("a")], TWO.replaceAll("name: a", "name: c")],
    [
      "renames every entry of a name, and changes only the first",
      `contexts:\n${entry("a")}${entry("a")}`,
      [rename("a", "b"), put("b")],
      `contexts:\n${added("b")}${entry("a").replace("name: a", "name: b")}`,
    ],
    [
      "removes the comments inside a removed entry, and no others",
      "contexts:\n# above\n- name: a\n  # inside\n  api_token: t\n  endpoint: e\n  # below\n\n# next\n- name: b\n  api_token: t\n  endpoint: e\n",
      [remove("a")],
      "contexts:\n# above\n\n# next\n- name: b\n  api_token: t\n  endpoint: e\n",
    ],
    [
      "adds an entry below the last one and its comments, with the same indentation",
      "contexts:\n  - name: b\n    api_token: t\n    endpoint: e\n    # last\n# end",
      [put("c"), put("b", "x")],
      `contexts:\n  - name: b\n    api_token: new-token\n    endpoint: https://new.test\n    email: x\n    # last\n${added("c").replaceAll(/^/gm, "  ").trimEnd()}\n# end`,
    ],
    [
      "adds a missing line end to the last line",
      "current_context_name: a\ncontexts:\n- api_token: t\n  endpoint: t\n  name: a",
      [put("a", "x"), put("b")],
      `current_context_name: a\ncontexts:\n- api_token: new-token\n  endpoint: https://new.test\n  name: a\n  email: x\n${added("b")}`,
    ],
    ["empties the list", `contexts: # c\n${entry("a")}# d\n`, [remove("a")], "contexts: [] # c\n# d\n"],
    [
      "fills the list again",
      TWO,
      [remove("b"), remove("a"), remove("nobody"), put("c"), rename("c", "d")],
      `contexts:\n${added("d")}current_context_name: a\n`,
    ],
    ["fills an empty list", "contexts: [] # none\n", [put("a")], `contexts: # none\n${added("a")}`],
    ["changes nothing when there is nothing to change", TWO, [use("a"), remove("x"), rename("y", "z")], TWO],
  ];

  test.each(cases)("%s", async (_does, text, changes, result) => {
    expect(readFast(text)).toBeDefined();
    expect(await edited(text, changes)).toBe(result);
  });
});

const BY_HAND = `# my logins
contexts: # all of them
  # the first
  - name: a   # short
    api_token: "token-a" # secret
    endpoint: 'https://a.test'
    note: {keep: [me, 0123]}
    # last of a

  # the second
  - endpoint: >-
      https://b.test
    api_token: token-b
    name: b
# which one
current_context_name:   'a' # for now
theme: [dark]
`;

const JSON_A = '{"name": "a", "endpoint": "e", "api_token": "t"}';
const CURRENT_B = "current_context_name: b\n";

describe("edit: a file in another shape", () => {
  const cases: Case[] = [
    [
      "changes an entry and adds missing keys",
      "contexts:\n  - name: a # short\n    api_token: 'old' # secret\n    endpoint: e\n    note: {k: \"v\"}\n",
      [put("a", "é")],
      'contexts:\n  - name: a # short\n    api_token: new-token # secret\n    endpoint: https://new.test\n    note: {k: "v"}\n    email: "\\xE9"\n',
    ],
    [
      "switches",
      "current_context_name: 'a' # c\nx: []\n",
      [use("b")],
      "current_context_name: b # c\nx: []\n",
    ],
    ["takes the current name out", "x: [1]\ncurrent_context_name: a\n", [use(null)], "x: [1]\n"],
    [
      "replaces aliases of a removed current name with copies",
      "current_context_name: &c a\nx: [*c]\n",
      [use(null)],
      "x: [a]\n",
    ],
    ["makes a list", "x: []\n", [put("b"), use("b")], `x: []\ncontexts:\n${added("b")}${CURRENT_B}`],
    ["fills an empty mapping", "{} # c\n", [put("b")], `contexts:\n${added("b")}# c\n`],
    [
      "changes the last of repeated keys",
      "contexts:\n- name: x\n  name: b\n  endpoint: e\n  api_token: t\n",
      [rename("b", "c")],
      "contexts:\n- name: x\n  name: c\n  endpoint: e\n  api_token: t\n",
    ],
    [
      "keeps an unused anchor",
      "contexts:\n- &x\n  name: b\n  endpoint: &e e\n  api_token: t\n",
      [put("b")],
      "contexts:\n- &x\n  name: b\n  endpoint: https://new.test\n  api_token: new-token\n",
    ],
    [
      "replaces an alias with a value",
      "t: &t old\ncontexts:\n- name: b\n  api_token: *t\n  endpoint: e\n",
      [put("b")],
      "t: &t old\ncontexts:\n- name: b\n  api_token: new-token\n  endpoint: https://new.test\n",
    ],
    [
      "replaces aliases of a changed value with copies",
      "contexts:\n- name: b\n  api_token: &t old\n  endpoint: e\n- name: a\n  api_token: *t\n  endpoint: e # mine\n",
      [put("b")],
      "contexts:\n- name: b\n  api_token: new-token\n  endpoint: https://new.test\n- name: a\n  api_token: old\n  endpoint: e # mine\n",
    ],
    [
      "keeps merged mappings, and overrides them in the entry",
      "x: &x\n  endpoint: e # from x\n  api_token: t\ncontexts:\n# b\n- name: b\n  <<: *x\n- name: a\n  <<: *x\n",
      [rename("b", "c"), put("a")],
      "x: &x\n  endpoint: e # from x\n  api_token: t\ncontexts:\n# b\n- name: c\n  <<: *x\n- name: a\n  <<: *x\n  api_token: new-token\n  endpoint: https://new.test\n",
    ],
    [
      "keeps what other entries merge from a removed entry",
      "contexts:\n- &b\n  name: b\n  api_token: t\n  endpoint: e\n- <<: *b\n  name: c\n",
      [remove("b")],
      "contexts:\n- <<:\n    name: b\n    api_token: t\n    endpoint: e\n  name: c\n",
    ],
    [
      "keeps JSON",
      '{"contexts": [], "x": null}\n',
      [put("b")],
      '{\n  "contexts":\n    [\n      {\n          "api_token": "new-token",\n          "email": null,\n          "endpoint": "https://new.test",\n          "name": "b"\n        }\n    ],\n  "x": null\n}\n',
    ],
    ["empties JSON", `{"contexts": [${JSON_A}]}\n`, [remove("a")], '{"contexts": []}\n'],
    [
      "does not fold long lines of brackets",
      `contexts:\n  - { name: a, endpoint: https://a.test, api_token: token-a, note: ${"x".repeat(80)} }\n`,
      [rename("a", "b")],
      `contexts:\n  - { name: "b", endpoint: https://a.test, api_token: token-a, note: ${"x".repeat(80)} }\n`,
    ],
    [
      "replaces a current name that cannot be read",
      `contexts:\n${entry("a")}current_context_name: yes\n`,
      [use("default")],
      `contexts:\n${entry("a")}current_context_name: default\n`,
    ],
    [
      "keeps an entry that cannot be read",
      `contexts:\n${entry("a", { endpoint: "1.10", email: "yes" })}- [x]\n${entry("b")}`,
      [remove("b"), put("c")],
      `contexts:\n${entry("a", { endpoint: "1.10", email: "yes" })}- [x]\n${added("c")}`,
    ],
  ];

  test.each(cases)("%s", async (_does, text, changes, result) => {
    expect(readFast(text)).toBeUndefined();
    expect(await edited(text, changes)).toBe(result);
  });

  test.each<Change>([put("b"), use("b"), rename("a", "c"), remove("a")])(
    "keeps every comment, unknown key and other entry at %p",
    async (change) => {
      const text = await edited(BY_HAND, [change]);
      expect([...(text.match(/# [a-z ]+/g) ?? [])]).toEqual(
        (BY_HAND.match(/# [a-z ]+/g) ?? []).filter(
          (one) => change.kind !== "remove" || !/short|secret/.test(one),
        ),
      );
      if (change.kind !== "remove") expect(text).toContain("note: {keep: [me, 0123]}");
      expect(text).toContain("theme: [dark]");
      const other = change.kind === "remove" || change.kind === "rename" ? "b" : "a";
      const find = async (one: string) =>
        snapshot(await readContexts(one)).contexts.find(({ name }) => name === other);
      expect({ ...(await find(text)), line: 0 }).toEqual({ ...(await find(BY_HAND)), line: 0 });
    },
  );
});

describe("edit: refuses what it cannot write exactly:", () => {
  const LEFT_OUT = `contexts:\n${entry("a", { endpoint: "1.10" })}${entry("b")}`;
  const MERGED = "<<: {contexts: [{name: b, endpoint: e, api_token: t}]}\n";
  const MERGED_LIST = /^the list of contexts comes from a merge .* at line 1, column 1$/;
  const refused: [what: string, text: string, change: Change, message: RegExp][] = [
    ["an empty file", "", put("a"), /at line 1/],
    ["a broken file", "a: [\n", put("a"), /at line 1/],
    ["two documents", "a: 1\n---\nb: 2\n", put("a"), /at line 2/],
    ["a login in the place of an entry that is left out", LEFT_OUT, put("a"), /:4: context "a" is left out/],
    ["the removal of such an entry", LEFT_OUT, remove("a"), /:4: context "a" is left out/],
    ["a rename to its name", LEFT_OUT, rename("b", "a"), /:4: context "a" is left out/],
    ["a switch to it", LEFT_OUT, use("a"), /:4: context "a" is left out/],
    ["a list that only a merge brings in", MERGED, put("a"), MERGED_LIST],
    ["the removal of an entry of such a list", MERGED, remove("b"), MERGED_LIST],
    ["a rename in such a list", MERGED, rename("b", "c"), MERGED_LIST],
    ["another token in such a list", MERGED, put("b"), MERGED_LIST],
  ];

  test.each(refused)("%s", async (_what, text, change, message) => {
    const error: unknown = await editContexts(text, [change]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CORRUPT", message: expect.stringMatching(message) });
  });
});

describe("edit: a file of ours", () => {
  const name = fc.constantFrom("a", "b", "c", "it's", "yes", "é 日", "x: y", "");
  const change: fc.Arbitrary<Change> = fc.oneof(
    name.map((one) => put(one, one)),
    name.map(remove),
    fc.tuple(name, name).map(([from, to]) => rename(from, to)),
    name.map(use),
  );

  test("keeps Python's shape after every change", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
        const text = await edit(undefined, changes);
        const { contexts, current } = snapshot(await readContexts(text));
        const again = contexts.map((one): Change => ({ kind: "put", ...one, token: new Token(one.token) }));
        const distinct = new Set(contexts.map((context) => context.name)).size === contexts.length;
        if (distinct) expect(await edit(undefined, [...again, use(current.name)])).toBe(text);
        expect(readFast(text)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});
