import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Token } from "../../src/contexts/token.ts";
import { editContexts } from "../../src/yaml/edit.ts";
import type { Change } from "../../src/yaml/edit.ts";
import { parseContexts } from "../../src/yaml/parse.ts";
import { readFast } from "../../src/yaml/fast.ts";
import { entry, snapshot } from "./support.ts";

function put(name: string, email: string | null = null): Change {
  return { kind: "put", name, endpoint: "https://new.test", token: new Token("new-token"), email };
}

const NEW = "api_token: new-token\n  email: null\n  endpoint: https://new.test\n  name:";

const GOLDEN = `contexts:
- api_token: cur7h0000000000000000
  email: me@x.io
  endpoint: https://cloud.bentoml.com
  name: default
- api_token: t
  email: null
  endpoint: https://b
  name: b
current_context_name: b
`;

const BY_HAND = `# my logins
contexts: # all of them
  # the first
  - name: a   # short
    api_token: "token-a" # secret
    endpoint: 'https://a.test'
    note: {keep: me}
    # last of a

  # the second
  - endpoint: >-
      https://b.test
    api_token: token-b
    name: b
    # last of b
# which one
current_context_name:   'a' # for now
theme: dark
`;

describe("edit: a file that does not exist", () => {
  test("is written as Python writes it", async () => {
    const text = await editContexts(undefined, [
      {
        kind: "put",
        name: "default",
        endpoint: "https://cloud.bentoml.com",
        token: new Token("cur7h0000000000000000"),
        email: "me@x.io",
      },
      { kind: "put", name: "b", endpoint: "https://b", token: new Token("t"), email: null },
      { kind: "use", name: "b" },
    ]);
    expect(text).toBe(GOLDEN);
    expect(readFast(text)).toBeDefined();
  });

  test("is written empty when there is nothing to write", async () => {
    expect(await editContexts(undefined, [])).toBe("contexts: []\ncurrent_context_name: default\n");
  });
});

describe("edit: a file edited by hand", () => {
  const cases: [does: string, changes: Change[], from: string, to: string][] = [
    [
      "changes an entry in place and adds what it lacks",
      [put("a", "é@x.test")],
      `"token-a" # secret\n    endpoint: 'https://a.test'\n    note: {keep: me}\n`,
      `new-token # secret\n    endpoint: https://new.test\n    note: {keep: me}\n    email: "\\xE9@x.test"\n`,
    ],
    [
      "replaces a folded text",
      [put("b")],
      ">-\n      https://b.test\n    api_token: token-b",
      "https://new.test\n    api_token: new-token",
    ],
    [
      "adds an entry below the last one and its comments",
      [put("c")],
      "    # last of b\n",
      `    # last of b\n  - ${`${NEW} c\n`.replaceAll("\n  ", "\n    ")}`,
    ],
    [
      "removes an entry with the comments in it, and no others",
      [{ kind: "remove", name: "a" }],
      BY_HAND.slice(BY_HAND.indexOf("  - name: a"), BY_HAND.indexOf("\n  # the second")),
      "",
    ],
    [
      "removes the last entry of the list",
      [{ kind: "remove", name: "b" }],
      BY_HAND.slice(BY_HAND.indexOf("  - endpoint"), BY_HAND.indexOf("# which")),
      "",
    ],
    ["renames only the name", [{ kind: "rename", from: "a", to: "yes" }], "name: a   #", "name: 'yes'   #"],
    [
      "uses another one",
      [{ kind: "use", name: "b" }],
      "current_context_name:   'a' #",
      "current_context_name:   b #",
    ],
    [
      "changes nothing when all is as it should be",
      [
        { kind: "use", name: "a" },
        { kind: "remove", name: "nobody" },
        { kind: "rename", from: "x", to: "y" },
      ],
      "",
      "",
    ],
  ];

  test.each(cases)("%s", async (_does, changes, from, to) => {
    expect(BY_HAND).toContain(from);
    expect(await editContexts(BY_HAND, changes)).toBe(BY_HAND.replace(from, to));
    const crlf = (text: string) => `\ufeff${text.replaceAll("\n", "\r\n")}`;
    expect(await editContexts(crlf(BY_HAND), changes)).toBe(crlf(BY_HAND.replace(from, to)));
  });

  test("keeps every comment outside when all entries go", async () => {
    expect(
      await editContexts(BY_HAND, [
        { kind: "remove", name: "b" },
        { kind: "remove", name: "a" },
      ]),
    ).toBe(
      "# my logins\ncontexts: [] # all of them\n  # the first\n\n  # the second\n# which one\ncurrent_context_name:   'a' # for now\ntheme: dark\n",
    );
  });
});

describe("edit: odd shapes", () => {
  const use: Change = { kind: "use", name: "b" };
  const cases: [shape: string, text: string, changes: Change[], result: string][] = [
    [
      "an empty list",
      "contexts: [] # none\ncurrent_context_name: a",
      [put("a")],
      `contexts: # none\n- ${NEW} a\ncurrent_context_name: a`,
    ],
    ["an empty list on its own line", "contexts:\n  []\n", [put("a")], `contexts:\n\n- ${NEW} a\n`],
    ["no final newline", "contexts:\n- name: a", [put("b")], `contexts:\n- name: a\n- ${NEW} b\n`],
    [
      "no list",
      "current_context_name: a\n# end\n",
      [put("b")],
      `current_context_name: a\ncontexts:\n- ${NEW} b\n# end\n`,
    ],
    [
      "no current name",
      `contexts:\n${entry("a")}...\n`,
      [use],
      `contexts:\n${entry("a")}current_context_name: b\n...\n`,
    ],
    [
      "an empty mapping",
      "{} # c\n",
      [put("b")],
      `contexts:\n- ${NEW} b\ncurrent_context_name: default # c\n`,
    ],
    ["an empty mapping behind a marker", "--- {}\n", [use], "---\ncontexts: []\ncurrent_context_name: b\n"],
    [
      "empty values",
      "contexts:\n- name: b\n  endpoint:\n  api_token: # c\n  email:\n",
      [put("b", "e")],
      "contexts:\n- name: b\n  endpoint: https://new.test\n  api_token: new-token # c\n  email: e\n",
    ],
    [
      "an e-mail that is called None",
      "contexts:\n- name: b # c\n  endpoint: https://new.test\n  api_token: new-token\n  email: null\n",
      [put("b", "None")],
      "contexts:\n- name: b # c\n  endpoint: https://new.test\n  api_token: new-token\n  email: None\n",
    ],
    [
      "an empty value without a newline behind it",
      "contexts:\n- name: b # c\n  endpoint: https://new.test\n  email:",
      [put("b", "e")],
      "contexts:\n- name: b # c\n  endpoint: https://new.test\n  email: e\n  api_token: new-token\n",
    ],
    [
      "duplicate names",
      `contexts:\n${entry("b")}${entry("b")}`,
      [put("b")],
      `contexts:\n- ${NEW} b\n${entry("b")}`,
    ],
    [
      "duplicate names to remove",
      `contexts:\n${entry("b")}${entry("a")}${entry("b")}`,
      [{ kind: "remove", name: "b" }],
      `contexts:\n${entry("a")}`,
    ],
    [
      "duplicate keys",
      "contexts:\n- name: x\n  name: b\n  endpoint: e\n  api_token: t\n",
      [{ kind: "rename", from: "b", to: "c" }],
      "contexts:\n- name: x\n  name: c\n  endpoint: e\n  api_token: t\n",
    ],
    [
      "a name that Python changes",
      "contexts:\n- name: yes\n  endpoint: e\n  api_token: t\n",
      [{ kind: "rename", from: "True", to: "c" }],
      "contexts:\n- name: c\n  endpoint: e\n  api_token: t\n",
    ],
    [
      "a name that Python refuses",
      "contexts:\n- name: =\n  endpoint: e\n  api_token: t\n",
      [put("=")],
      "contexts:\n- name: '='\n  endpoint: https://new.test\n  api_token: new-token\n",
    ],
    [
      "an anchor nobody uses",
      "contexts:\n- &x\n  name: b\n  endpoint: &e e\n  api_token: t\n",
      [put("b")],
      "contexts:\n- &x\n  name: b\n  endpoint: https://new.test\n  api_token: new-token\n",
    ],
    [
      "an aliased value",
      "t: &t old\ncontexts:\n- name: b\n  api_token: *t\n  endpoint: e\n",
      [put("b")],
      "t: &t old\ncontexts:\n- name: b\n  api_token: new-token\n  endpoint: https://new.test\n",
    ],
    [
      "an anchored value others use",
      "contexts:\n- name: b\n  api_token: &t old\n  endpoint: e\n- name: a\n  api_token: *t\n  endpoint: e # mine\n",
      [put("b")],
      "contexts:\n- name: b\n  api_token: new-token\n  endpoint: https://new.test\n- name: a\n  api_token: old\n  endpoint: e # mine\n",
    ],
    [
      "a merged entry",
      "x: &x\n  endpoint: e # from x\n  api_token: t\ncontexts:\n# b\n- name: b\n  <<: *x\n- name: a\n  <<: *x\n",
      [{ kind: "rename", from: "b", to: "c" }],
      "x:\n  endpoint: e # from x\n  api_token: t\ncontexts:\n# b\n- name: c\n  endpoint: e # from x\n  api_token: t\n- name: a\n  endpoint: e # from x\n  api_token: t\n",
    ],
    [
      "JSON without contexts",
      '{"contexts": [], "current_context_name": "a"}',
      [put("b")],
      `contexts:\n- ${NEW} b\ncurrent_context_name: a\n`,
    ],
    [
      "JSON whose last context goes",
      '{"contexts": [{"name": "a"}]}',
      [{ kind: "remove", name: "a" }],
      "contexts: []\n",
    ],
    [
      "two lists, the last of which counts",
      `contexts: []\n# two\ncontexts:\n${entry("a")}x: {y: z}\nz: z\n`,
      [put("b")],
      `contexts: []\n# two\ncontexts:\n${entry("a")}- ${NEW} b\nx: {y: z}\nz: z\n`,
    ],
    [
      "JSON",
      '{"contexts": [{"name": "b", "api_token": "t", "endpoint": "caf\\u00e9", "n": [1, null]}], "x": null}',
      [use],
      'contexts:\n- name: b\n  api_token: t\n  endpoint: "caf\\xE9"\n  n: [ 1, null ]\nx: null\ncurrent_context_name: b\n',
    ],
  ];

  test.each(cases)("%s", async (_shape, text, changes, result) => {
    expect(await editContexts(text, changes)).toBe(result);
  });

  test.each(["", "# only a comment\n", "contexts: 1\n", "a: [\n", "a: 1\n---\nb: 2\n"])(
    "refuses %p rather than replace it",
    async (text) => {
      expect(await editContexts(text, [put("a")]).catch((error: unknown) => error)).toMatchObject({
        code: "CORRUPT",
      });
    },
  );

  test("refuses aliases that multiply without end", async () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(", ")}]\n`,
    );
    const text = `l0: &l0 [x]\n${levels.join("")}contexts:\n- &c {name: a}\nd: *c\n`;
    expect(await editContexts(text, [put("a")]).catch((error: unknown) => error)).toMatchObject({
      code: "CORRUPT",
    });
  });
});

describe("edit: any file", () => {
  const name = fc.constantFrom("a", "b", "c", "it's", "yes", "é 日", "x: y", "");
  const value = fc.constantFrom(
    "t",
    "'q''q'",
    '"d\\n"',
    "|-\n    t",
    ">-\n    t\n    u",
    "",
    "0123",
    "*x",
    "&y v",
    "!!str s",
    "[1]",
  );
  const style = fc.record({
    dash: fc.constantFrom("- ", "-   ", "-\n"),
    comment: fc.constantFrom("", " # c"),
    above: fc.constantFrom("", "# above\n", "\n"),
  });
  const block = fc
    .tuple(name, value, value, style, fc.boolean())
    .map(([called, token, endpoint, { dash, comment, above }, noted]) => {
      const indent = dash === "-   " ? "    " : "  ";
      const quoted = `'${called.replaceAll("'", "''")}'`;
      const scalar = (text: string) =>
        /^[|>]/.test(text) ? text.replaceAll("\n", `\n${indent}`) : text + comment;
      const fields = [
        `name: ${quoted}${comment}`,
        `api_token: ${scalar(token)}`,
        `endpoint: ${scalar(endpoint)}`,
        ...(noted ? ["# inside", "note: {keep: 1}"] : []),
      ];
      const lines = fields.map((field) => indent + field).join("\n");
      return `${above}${dash}${dash === "-\n" ? lines : lines.slice(indent.length)}\n`;
    });
  type Named = Exclude<Change, { kind: "separate" }>;
  const change: fc.Arbitrary<Named> = fc.oneof(
    name.map((one) => put(one, one) as Named),
    name.map((one): Named => ({ kind: "remove", name: one })),
    fc.tuple(name, name).map(([from, to]): Named => ({ kind: "rename", from, to })),
    name.map((one): Named => ({ kind: "use", name: one })),
  );
  const eol = fc.constantFrom("\n", "\r\n");
  const file = fc
    .tuple(
      fc.array(block, { maxLength: 4 }),
      fc.constantFrom("", "current_context_name: 'a' # cur\n", "# tail\n"),
      eol,
    )
    .map(([blocks, tail, end]) => {
      const list = blocks.length > 0 ? `contexts: # list\n${blocks.join("")}` : "contexts: []\n";
      const once = list.replaceAll("&y v", "v").replace(/: v\b/, ": &y v");
      return `# head\nx: &x shared\nother:\n  k: [v, "w"]\n${once}${tail}`.replaceAll("\n", end);
    });

  test("says what was asked for afterwards, and keeps its other entries and comments", async () => {
    await fc.assert(
      fc.asyncProperty(file, change, async (text, one) => {
        const before = snapshot(parseContexts(text));
        const after = await editContexts(text, [one]);
        const touched = one.kind === "use" ? [] : one.kind === "rename" ? [one.from, one.to] : [one.name];
        const others = (all: typeof before) =>
          all.contexts
            .filter((context) => !touched.includes(context.name))
            .map((context) => ({ ...context, line: null }));
        const read = snapshot(parseContexts(after));
        expect(others(read)).toEqual(others(before));
        expect(read.current.name).toBe(one.kind === "use" ? one.name : before.current.name);
        if (one.kind === "remove")
          expect(read.contexts.some((context) => context.name === one.name)).toBe(false);
        if (one.kind === "put")
          expect(read.contexts.find((context) => context.name === one.name)).toMatchObject({
            token: "new-token",
            email: one.name,
          });
        for (const comment of ["# head", "# list", "# cur", "# tail"])
          expect(after.includes(comment)).toBe(text.includes(comment));
        expect(after.split("# above").length).toBe(text.split("# above").length);
        expect(after.split(/\r\n|\n/).length).toBe(after.split(text.includes("\r\n") ? "\r\n" : "\n").length);
      }),
      { numRuns: 1000 },
    );
  });

  test("stays in Python's shape when it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
        const text = await editContexts(undefined, changes);
        const { contexts, current } = snapshot(parseContexts(text));
        const again: Change[] = [
          ...contexts.map((context): Change => ({
            kind: "put",
            ...context,
            token: new Token(context.token),
          })),
          { kind: "use", name: current.name },
        ];
        const distinct = new Set(contexts.map((context) => context.name)).size === contexts.length;
        if (distinct) expect(await editContexts(undefined, again)).toBe(text);
        expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      }),
      { numRuns: 300 },
    );
  });
});
