import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cleanEnvironment } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { PYTHON } from "./peer.ts";

// Python bentoml writes `.yatai.yaml` wherever it looks for one.
sweepCanaries();

interface Login {
  name: string;
  endpoint: string;
  token: string;
  scheme: string;
}

const birthplace = home();
const peer = Bun.spawn([PYTHON, join(import.meta.dirname, "explain.py")], {
  cwd: birthplace.path,
  env: cleanEnvironment(birthplace, { BENTOML_DO_NOT_TRACK: "True" }),
  stdin: "pipe",
  stdout: "pipe",
  stderr: "ignore",
});
afterAll(() => peer.kill());
const answers = createInterface(Readable.fromWeb(peer.stdout as never))[Symbol.asyncIterator]();

/** The login that real Python bentoml uses. */
async function askPeer(one: { env: Record<string, string>; cwd: string }) {
  peer.stdin.write(`${JSON.stringify(one)}\n`);
  await peer.stdin.flush();
  const { value, done } = await answers.next();
  if (done) throw new Error(`Python has ended with ${await peer.exited}`);
  return JSON.parse(value) as Login | { refused: string };
}

interface Case {
  env?: Record<string, string>;
  args?: string[];
  /** Changes the home, which has `prod` (current) and `staging`, and may give another working directory. */
  prepare?: (here: Home) => string | void;
}

/** Both programs on the same home; ours first, because it changes nothing. */
async function runBoth({ env = {}, args = [], prepare }: Case) {
  const here = homeOf({ name: "prod", email: "ada@example.test" }, "staging");
  const cwd = prepare?.(here) ?? here.path;
  const before = here.tree();
  const explained = await run(["explain", "--json", ...args], { home: here, cwd, env });
  expect(here.tree()).toEqual(before);
  const used = await run(["current-context", ...args], { home: here, cwd, env, reveals: true });
  const ours = used.code === 0 ? (JSON.parse(used.stdout) as Ours) : undefined;
  const theirs = await askPeer({ env: cleanEnvironment(here, env), cwd });
  return { explained: JSON.parse(explained.stdout).python, ours, theirs };
}

interface Ours {
  name: string;
  endpoint: string;
  api_token: string;
}

function isSame(ours: Ours | undefined, theirs: Login | undefined): boolean {
  if (!ours || !theirs) return !ours && !theirs;
  return (
    ours.name === theirs.name &&
    ours.endpoint === theirs.endpoint.replace(/\/$/, "") &&
    ours.api_token === theirs.token &&
    theirs.scheme !== ""
  );
}

const KEY = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "https://environment.test" };
const named = (context: string) => ({ BENTOML_CLOUD_CONTEXT: context });
const project = (text: string) => (here: Home) => void writeBelow(here.path, ".bentorc", text);
const file = (text: string) => (here: Home) => here.write(text);
const ONE = "contexts:\n- api_token: abcd\n  endpoint: https://one.test\n  name: one\n";

const CASES: [what: string, one: Case, reason: RegExp | null][] = [
  ["nothing else than the file", {}, null],
  ["--context", { args: ["--context", "staging"] }, /^it does not see this --context$/],
  ["--context with the name that is current", { args: ["--context", "prod"] }, null],
  [
    "--context with a name that is nowhere",
    { args: ["--context", "nope"] },
    /^it does not see this --context/,
  ],
  ["a key", { env: KEY }, null],
  ["a key without an endpoint", { env: { BENTO_CLOUD_API_KEY: canary() } }, null],
  ["an endpoint without a key", { env: { BENTO_CLOUD_API_ENDPOINT: "https://environment.test" } }, null],
  ["a key that is empty", { env: { BENTO_CLOUD_API_KEY: "" } }, /^BENTO_CLOUD_API_KEY is set but empty/],
  ["a key that is blank", { env: { BENTO_CLOUD_API_KEY: "  " } }, /^BENTO_CLOUD_API_KEY is set but empty/],
  ["a key between blanks", { env: { BENTO_CLOUD_API_KEY: ` ${canary()} ` } }, /exactly as they are/],
  ["a key no token can be", { env: { BENTO_CLOUD_API_KEY: "two words" } }, /exactly as they are/],
  ["a key with an empty endpoint", { env: { ...KEY, BENTO_CLOUD_API_ENDPOINT: "" } }, /exactly as they are/],
  ["a key, a bare host", { env: { ...KEY, BENTO_CLOUD_API_ENDPOINT: "host.test" } }, /exactly as they are/],
  ["a key with a final slash", { env: { ...KEY, BENTO_CLOUD_API_ENDPOINT: "https://host.test/" } }, null],
  ["a key and --context", { env: KEY, args: ["--context", "prod"] }, /^BENTO_CLOUD_API_KEY overrides every/],
  ["a key against a variable", { env: { ...KEY, BENTOML_CLOUD_CONTEXT: "staging" } }, null],
  ["a key against a project", { env: KEY, prepare: project("context=staging\n") }, null],
  [
    "key and pin",
    { env: KEY, prepare: project("endpoint=https://prod.test\n") },
    /^it does not read .bentorc/,
  ],
  ["a variable", { env: named("staging") }, null],
  ["a variable with a name that is nowhere", { env: named("nope") }, /^it finds no context "nope"$/],
  ["a variable that is empty", { env: named("") }, /^BENTOML_CLOUD_CONTEXT is set but empty/],
  [
    "a variable against --context",
    { env: named("staging"), args: ["--context", "prod"] },
    /^BENTOML_CLOUD_CONTEXT overrides every --context there$/,
  ],
  ["a variable against a project", { env: named("prod"), prepare: project("context=staging\n") }, null],
  ["a project", { prepare: project("context=staging\n") }, /^it does not read .bentorc/],
  ["a project with the context that is current", { prepare: project("context=prod\n") }, null],
  ["a project with an unknown context", { prepare: project("context=nope\n") }, /^it does not read .bentorc/],
  ["a project that holds a credential", { prepare: project("api_key=x\n") }, /^it does not read .bentorc/],
  ["a pin that differs", { prepare: project("endpoint=https://else.test\n") }, /^it does not read .bentorc/],
  ["a pin that matches", { prepare: project("endpoint=https://prod.test/\n") }, null],
  [
    "an empty BENTOML_HOME",
    { env: { BENTOML_HOME: "" } },
    /^BENTOML_HOME is set but empty, so it reads .*\.yatai\.yaml; it finds/,
  ],
  [
    "an empty BENTOML_HOME in a directory that has a file",
    {
      env: { BENTOML_HOME: "" },
      prepare(here) {
        writeBelow(here.path, "work/.yatai.yaml", `${ONE}current_context_name: one\n`);
        return join(here.path, "work");
      },
    },
    /^BENTOML_HOME is set but empty, so it reads .*work\/\.yatai\.yaml$/,
  ],
  ["a relative BENTOML_HOME", { env: { BENTOML_HOME: "bentoml" } }, null],
  ["a BENTOML_HOME with a variable in it", { env: { BENTOML_HOME: "${HOME}/bentoml" } }, null],
  ["a BENTOML_HOME below the home", { env: { BENTOML_HOME: "~/bentoml" } }, null],
  ["a missing BENTOML_HOME", { env: { BENTOML_HOME: "elsewhere" } }, /^it finds no context "default"$/],
  [
    "a link to the file",
    {
      env: { BENTOML_HOME: "other" },
      prepare(here) {
        mkdirSync(join(here.path, "other"));
        symlinkSync(here.file, join(here.path, "other/.yatai.yaml"));
      },
    },
    null,
  ],
  ["a file with no contexts", { prepare: file("{}\n") }, /^it finds no context "default"$/],
  ["a file that names no current context", { prepare: file(ONE) }, /^it finds no context "default"$/],
  ["a current __env__", { prepare: file(`${ONE}current_context_name: __env__\n`) }, /^it finds no/],
  [
    "a file with two entries of one name",
    { prepare: file(`${ONE}${ONE.slice(10).replace("abcd", "efgh")}current_context_name: one\n`) },
    null,
  ],
  ["an empty token", { prepare: file(`${ONE.replace("abcd", "''")}current_context_name: one\n`) }, null],
];

describe("explain predicts what Python bentoml does, with", () => {
  test.each(CASES)("%s", async (_what, one, reason) => {
    const { explained, ours, theirs } = await runBoth(one);
    const used = "refused" in theirs ? undefined : theirs;
    expect(explained).toMatchObject({
      name: used?.name ?? null,
      endpoint: used?.endpoint ?? null,
      differs: !isSame(ours, used),
      reason: reason === null ? null : expect.stringMatching(reason),
    });
  });
});

/** Files with a problem, each with its line. Whether Python refuses one can differ between its versions. */
const PROBLEMS: [what: string, text: string, line: number][] = [
  ["a broken file", "contexts: [\n", 1],
  ["two documents", `${ONE}---\n${ONE}`, 5],
  ["an entry without a token", `${ONE}- endpoint: https://x.test\n  name: x\n`, 5],
  ["a date that does not exist", `${ONE}current_context_name: 2024-13-01\n`, 5],
];

describe("explain warns of a file that Python refuses:", () => {
  test.each(PROBLEMS)("%s", async (_what, text, line) => {
    const { explained, theirs } = await runBoth({ env: KEY, prepare: file(text) });
    expect(theirs).toHaveProperty("refused");
    expect(explained.reason).toMatch(/^Python may refuse the file: /);
    expect(explained.reason).toContain(`line ${line}`);
  });
});
