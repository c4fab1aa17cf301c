import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Token } from "../../src/contexts/token.ts";
import { editContexts } from "../../src/yaml/edit.ts";
import type { Change } from "../../src/yaml/edit.ts";
import { editLines } from "../../src/yaml/lines.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { entry } from "./support.ts";

sweepCanaries();

function put(name: string, email: string | null = null): Change {
  return { kind: "put", name, endpoint: "https://new.test", token: new Token("new-token"), email };
}

const TWO = `contexts:\n${entry("a")}${entry("b")}current_context_name: a\n`;

function changed(name: string, email?: string): string {
  return entry(name, { api_token: "new-token", endpoint: "https://new.test", ...(email ? { email } : {}) });
}

describe("the editor of lines", () => {
  const cases: [does: string, text: string, changes: Change[], result: string][] = [
    ["switches", TWO, [{ kind: "use", name: "b" }], TWO.replace("_name: a", "_name: b")],
    ["quotes what needs it", TWO, [{ kind: "use", name: "no" }], TWO.replace("_name: a", "_name: 'no'")],
    [
      "leaves the way alone in which the same value is written",
      TWO.replace("name: b", "name:  'b'  "),
      [put("b", "me@new.test")],
      `contexts:\n${entry("a")}${changed("b", "me@new.test")}current_context_name: a\n`.replace(
        "name: b",
        "name:  'b'  ",
      ),
    ],
    [
      "tells an e-mail that is called None from none",
      TWO,
      [put("a", "None"), put("b", null)],
      `contexts:\n${changed("a", "None")}${changed("b")}current_context_name: a\n`,
    ],
    [
      "renames and switches in order",
      TWO,
      [
        { kind: "rename", from: "a", to: "c" },
        { kind: "use", name: "c" },
        { kind: "remove", name: "a" },
      ],
      TWO.replaceAll("name: a", "name: c"),
    ],
    [
      "gives every entry of a name its new one, and changes the first alone",
      `contexts:\n${entry("a")}${entry("a")}`,
      [{ kind: "rename", from: "a", to: "b" }, put("b")],
      `contexts:\n${changed("b")}${entry("a").replace("name: a", "name: b")}`,
    ],
    [
      "takes the comments in an entry along with it, and no others",
      "contexts:\n# above\n- name: a\n  # inside\n  api_token: t\n  endpoint: e\n  # below\n\n# next\n- name: b\n  api_token: t\n  endpoint: e\n",
      [{ kind: "remove", name: "a" }],
      "contexts:\n# above\n\n# next\n- name: b\n  api_token: t\n  endpoint: e\n",
    ],
    [
      "empties the list and fills it again",
      TWO,
      [
        { kind: "remove", name: "b" },
        { kind: "remove", name: "a" },
        { kind: "remove", name: "nobody" },
        put("c"),
      ],
      `contexts:\n${changed("c")}current_context_name: a\n`,
    ],
    ["changes nothing when there is nothing to change", TWO, [{ kind: "use", name: "a" }], TWO],
  ];

  test.each(cases)("%s", (_does, text, changes, result) => {
    expect(editLines(text, changes)).toBe(result);
    const crlf = (one: string) => one.replaceAll("\n", "\r\n");
    expect(editLines(crlf(text), changes)).toBe(crlf(result));
  });

  const declined: [what: string, text: string, change: Change][] = [
    ["a file in another shape", TWO.replace("_name: a", "_name: a # mine"), { kind: "use", name: "b" }],
    ["a file that nobody can read", "contexts: 1\n", { kind: "use", name: "b" }],
    ["a result in another shape", TWO, { kind: "use", name: "é" }],
    ["a change it does not know", TWO, { kind: "unheard of", name: "b" } as never],
  ];

  test.each(declined)("leaves %s to the full editor", (_what, text, change) => {
    expect(editLines(text, [change])).toBeUndefined();
  });

  test("is handed over from in the middle of several changes", async () => {
    const changes: Change[] = [put("é"), { kind: "remove", name: "é" }, { kind: "use", name: "b" }];
    expect(editLines(TWO, changes)).toBeUndefined();
    expect(await editContexts(TWO, changes)).toBe(TWO.replace("_name: a", "_name: b"));
  });

  test("needs no YAML package", () => {
    const folder = join(import.meta.dir, "../../../src/contexts/file");
    const loaded = (path: string): string[] =>
      new Bun.Transpiler({ loader: "ts" })
        .scanImports(readFileSync(path, "utf8"))
        .filter(({ kind }) => kind === "import-statement")
        .flatMap(({ path: to }) => (to.startsWith(".") ? loaded(join(dirname(path), to)) : [to]));
    expect(loaded(join(folder, "nodes.ts"))).toContain("yaml");
    expect(loaded(join(folder, "edit.ts"))).not.toContain("yaml");
  });
});
