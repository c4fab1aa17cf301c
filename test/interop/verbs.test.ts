import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { write } from "./ours.ts";
import { startPeer, type Fields } from "./peer.ts";

sweepCanaries();

const peer = startPeer();
const READING = ["current-context", "list-context"];

interface Given {
  /** Undefined for no file. */
  file?: string;
  env?: Record<string, string>;
}

/** Both programs' answers to `cloud …`, each on its own copy of the file, and the file afterwards. */
async function both(args: string[], { file, env = {} }: Given) {
  const [theirs] = await peer.verbs([{ text: file ?? null, args: ["cloud", ...args], env }]);
  const [ours, short] = await Promise.all([runOurs(["cloud", ...args], file, env), runOurs(args, file, env)]);
  expect(short).toEqual(ours);
  return { ours, theirs };
}

async function runOurs(args: string[], file: string | undefined, env: Record<string, string>) {
  const here = home();
  if (file !== undefined) here.write(file);
  const { code, stdout } = await run(args, { home: here, env, reveals: true });
  return { code, stdout, text: existsSync(here.file) ? here.read() : null };
}

function login(name: string, email: string | null = null): Fields {
  return [name, `https://${name.length}.test`, canary(), email];
}

const DEV = login("dev", "ada@example.test");
const PROD = login("prod");
const BOTH = await write(undefined, [DEV, PROD], "prod");
const ONLY = (...contexts: [Fields, ...Fields[]]) => write(undefined, contexts, contexts[0][0]);
const KEY = { BENTO_CLOUD_API_KEY: canary() };
const BY_HAND = `# mine
contexts:
  - {name: "a", api_token: ${canary()}, endpoint: https://a.test}
  - name: b # the second
    endpoint: >-
      https://b.test
    api_token: !!str 12345678
    note: x
current_context_name: b
`;
const AS_JSON = JSON.stringify({
  contexts: [{ name: "é", endpoint: "https://é.test", api_token: canary() }],
  current_context_name: "é",
});

const READABLE: [what: string, given: Given][] = [
  ["several contexts", { file: BOTH }],
  ["a null e-mail", { file: await ONLY(PROD) }],
  ["letters beyond ASCII", { file: await ONLY(login("ünï 世界 😀", "zoë@example.test"), DEV) }],
  ["quotes and line breaks", { file: await ONLY(login('"a"\n\\b', "'")) }],
  ["what rich takes for markup", { file: await ONLY(login("[b]x[/b] :smile:")) }],
  ["a name longer than any terminal is wide", { file: await ONLY(login("x y ".repeat(300))) }],
  ["a file edited by hand", { file: BY_HAND }],
  ["JSON", { file: AS_JSON }],
  ["one name twice, of which the first counts", { file: BOTH.replaceAll("name: dev", "name: prod") }],
  ["a key in the environment", { file: BOTH, env: KEY }],
  ["a key and its endpoint, and no file", { env: { ...KEY, BENTO_CLOUD_API_ENDPOINT: "https://env.test" } }],
  [
    "a token that is null, which Python reads as the text None",
    { file: "contexts:\n- {name: a, endpoint: e, api_token: null}\ncurrent_context_name: a\n" },
  ],
  ["no token", { file: "contexts:\n- {name: a, endpoint: e, api_token: ''}\ncurrent_context_name: a\n" }],
];

describe("current-context and list-context print what bentoml prints, byte for byte, for", () => {
  test.each(READABLE)("%s", async (_what, given) => {
    for (const verb of READING) {
      const { ours, theirs } = await both([verb], given);
      expect([ours.code, ours.stdout === theirs?.stdout, theirs?.code]).toEqual([0, true, 0]);
    }
  });
});

const FAILING: [code: number, when: string, args: string[], given: Given][] = [
  [1, "nobody is signed in", ["current-context"], {}],
  [1, "the current context does not exist", ["current-context"], { file: await write(BOTH, [], "gone") }],
  [1, "Python has made __env__ current", ["current-context"], { file: await write(BOTH, [], "__env__") }],
  [1, "the context has no token", ["current-context"], { file: BOTH.replace(/- api_token: .*\n /g, "-") }],
  [1, "there is no such context", ["update-current-context", "nobody"], { file: BOTH }],
  [1, "there is no file to switch in", ["update-current-context", "nobody"], {}],
  [2, "no name is given", ["update-current-context"], { file: BOTH }],
  [1, "the file is broken", ["current-context"], { file: "contexts: [broken" }],
  [1, "the file is broken", ["list-context"], { file: "contexts: [broken" }],
  [1, "the file is broken", ["update-current-context", "a"], { file: "contexts: [broken" }],
  [1, "contexts are null", ["list-context"], { file: "contexts:\n" }],
  [1, "a tab stands in it", ["list-context"], { file: BOTH.replace("  name", "\tname") }],
];

describe("both end with", () => {
  test.each(FAILING)("%i when %s, for %p", async (code, _when, args, given) => {
    const { ours, theirs } = await both(args, given);
    expect(ours).toEqual({ code, stdout: "", text: given.file ?? null });
    expect(theirs).toMatchObject({ code, stdout: "" });
  });
});

describe("update-current-context", () => {
  test.each(["prod", "dev"])("to %s prints what bentoml prints and leaves the same file", async (name) => {
    const { ours, theirs } = await both(["update-current-context", name], { file: BOTH });
    expect([ours, ours.code]).toEqual([theirs as typeof ours, 0]);
    expect(ours.stdout).toBe(`Successfully switched to context: ${name}\n`);
  });
});

describe("where we differ, and why:", () => {
  test("an empty file is an error, because overwriting it as Python does could lose a login being written", async () => {
    const { ours, theirs } = await both(["list-context"], { file: "" });
    const text = "contexts: []\ncurrent_context_name: default\n";
    expect(theirs).toEqual({ code: 0, stdout: "[]\n", text });
    expect(ours).toEqual({ code: 1, stdout: "", text: "" });
  });

  test("reading creates no file, while Python creates an empty one", async () => {
    const { ours, theirs } = await both(["list-context"], {});
    expect([ours.stdout, theirs?.stdout]).toEqual(["[]\n", "[]\n"]);
    expect([ours.text, theirs?.text]).toEqual([null, "contexts: []\ncurrent_context_name: default\n"]);
  });

  test("a context without a token does not stop the others from working, while Python refuses the file", async () => {
    const file = `${BOTH.replace("contexts:\n", "contexts:\n- {name: bad, endpoint: e}\n")}`;
    const { ours, theirs } = await both(["list-context"], { file });
    expect([theirs?.code, theirs?.stdout]).toEqual([1, ""]);
    expect(JSON.parse(ours.stdout)).toEqual(["bad", "dev", "prod"]);
  });

  test("an entry that Python reads as other text is left out, and using it is an error", async () => {
    const file = BOTH.replace("https://4.test", "1.10");
    const { ours, theirs } = await both(["list-context"], { file });
    expect([theirs?.stdout, JSON.parse(ours.stdout)]).toEqual(['[\n  "dev",\n  "prod"\n]\n', ["dev"]]);
    expect((await both(["current-context"], { file })).ours).toEqual({ code: 1, stdout: "", text: file });
  });

  test("characters that control a terminal are escaped in the JSON", async () => {
    const name = "a\x7f\x85\u202eb";
    const { ours, theirs } = await both(["list-context"], { file: await ONLY(login(name)) });
    expect(theirs?.stdout).toBe(`[\n  "${name}"\n]\n`);
    expect(ours.stdout).toMatch(/^[\x20-\x7e\n]+$/);
    expect(JSON.parse(ours.stdout)).toEqual([name]);
  });

  test("a switch prints the name unchanged, while Python interprets markup and emoji in it", async () => {
    const name = "[b]x[/b] :smile:";
    const { ours, theirs } = await both(["update-current-context", name], { file: await ONLY(login(name)) });
    expect(theirs?.stdout).toBe("Successfully switched to context: x 😄\n");
    expect(ours.stdout).toBe(`Successfully switched to context: ${name}\n`);
  });

  test("a switch selects the named context, while Python with a key in the environment selects __env__", async () => {
    const given = { file: BOTH, env: KEY };
    const { ours, theirs } = await both(["update-current-context", "dev"], given);
    expect(theirs?.text).toBe(await write(BOTH, [], "__env__"));
    expect(ours.text).toBe(await write(BOTH, [], "dev"));
    expect([ours.code, theirs?.code]).toEqual([0, 0]);
  });
});
