import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { GLOBAL_ARGS } from "../../src/cli/args.ts";
import { command } from "../../src/cli/command.ts";
import { complete } from "../../src/cli/completion/complete.ts";
import { listVersions } from "../../src/store/versions.ts";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import type { CloudOptions } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { listCommands } from "../support/commands.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

const NAMES = ["default", "my prod", "team:eu", "team:us", "-dash"];
const BREAKS = " \t\n\"'@><=;|&(:";

function withContexts(names: readonly string[] = NAMES): Home {
  const here = home();
  writeContexts(
    here,
    names.map((name) => ({ name, endpoint: "https://one.test" })),
  );
  return here;
}

const shared = withContexts();

/** The lines after the first one of an answer, or that one if it is not `words`. */
async function answer(question: string[], here = shared, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run(["__complete", ...question], { home: here, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [kind, ...lines] = stdout.trimEnd().split("\n");
  return kind === "words" ? lines : kind!;
}

async function valuesAt(words: string[], current = "", here = shared, env: Record<string, string> = {}) {
  const lines = await answer(["zsh", current, ...words], here, env);
  return typeof lines === "string" ? lines : lines.map((line) => line.split("\t")[0]);
}

const COMMANDS = await listCommands();

describe("completion offers what the definitions allow", () => {
  test("of every command, its commands and what they do", async () => {
    for (const [path, { subCommands }] of COMMANDS.filter(([, command]) => command.subCommands)) {
      const expected = Object.entries(subCommands!).map(
        async ([name, load]) => `${name}\t${(await load()).meta.description}`,
      );
      expect(await answer(["zsh", "", ...path])).toEqual(await Promise.all(expected));
    }
  });

  test.each(COMMANDS.map(([path, command]) => [path.join(" "), path, command] as const))(
    "of `bentocloud %s`, its options and the global ones",
    async (_name, path, { args }) => {
      const own = Object.entries(args).filter(([, { type }]) => type !== "positional");
      const expected = [...own.map(([name]) => name), ...Object.keys(GLOBAL_ARGS)].map((name) => `--${name}`);
      expect(await valuesAt(path, "-")).toEqual(expected);
    },
  );

  test.each([
    [
      ["env", "--shell"],
      ["sh", "bash", "zsh", "fish", "powershell", "cmd", "dotenv", "github", "json"],
    ],
    [["use"], NAMES.slice(0, -1)],
    [["use", "--"], NAMES],
    [["logout", "--quiet"], NAMES.slice(0, -1)],
    [["context", "show"], NAMES.slice(0, -1)],
    [["--context"], NAMES.slice(0, -1)],
    [["--json", "status", "--context"], NAMES.slice(0, -1)],
    [
      ["help", "context"],
      ["list", "show", "current", "rename", "store", "protect", "unprotect", "remove"],
    ],
    [["ls", "--context"], NAMES.slice(0, -1)],
    [["auth", "logout"], NAMES.slice(0, -1)],
    [["help", "exit-codes"], []],
    [["api-token", "create", "ci", "--login"], NAMES.slice(0, -1)],
    [
      ["api-token", "create", "ci", "--scope"],
      [
        "api",
        "read_organization",
        "write_organization",
        "operate_organization",
        "read_cluster",
        "write_cluster",
        "operate_cluster",
      ],
    ],
    [
      ["context", "store", "--to"],
      ["file", "keyring", "helper:pass"],
    ],
    [["exec", "--"], "rest"],
    [["exec", "--check", "--", "ls"], "rest"],
    [["exec"], []],
    [["use", "default"], []],
    [["context", "rename", "default"], []],
    [["restore"], []],
    [["--timeout"], []],
    [["no-such-command"], []],
    [["context", "no-such-command"], []],
    [["constructor"], []],
    [["--"], []],
    [["status", "--no-such-option"], []],
  ] as [string[], string[] | string][])("%p", async (words, values) => {
    expect(await valuesAt(words)).toEqual(values);
  });

  test("the shell completes a value that is a file", async () => {
    const input = command({
      name: "input",
      description: "",
      args: { from: { type: "string", valueHint: "file" } },
      run: async () => {},
    });
    for (const cursor of [
      { words: ["--from"], current: "x" },
      { words: [], current: "--from=x" },
    ])
      expect(await complete(input, cursor, async () => [])).toBe("files");
  });

  test("after `help`, the topics as well as the commands", async () => {
    const values = await valuesAt(["help"]);
    expect(values).toContain("login");
    expect(values.slice(-3)).toEqual(["environment", "exit-codes", "bentorc"]);
  });

  test("the versions of the contexts file, newest first", async () => {
    const here = withContexts(["a", "b", "c"]);
    for (const name of ["a", "b"]) await run(["context", "remove", name], { home: here });
    const ids = listVersions(join(here.bentoml, ".bentocloud")).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(await valuesAt(["restore"], "", here)).toEqual(ids.toReversed());
  });

  test("values after `=` include their option", async () => {
    expect(await valuesAt(["env"], "--shell=")).toContain("--shell=fish");
    expect(await valuesAt([], "--context=")).toEqual(NAMES.map((name) => `--context=${name}`));
    expect(await valuesAt(["exec"], "--yes=")).toEqual(NAMES.map((name) => `--yes=${name}`));
    expect(await valuesAt([], "--json=")).toEqual([]);
    expect(await valuesAt(["use"], "--name=")).toEqual([]);
  });
});

describe("completion asks the server for the names of API tokens", () => {
  /** A server with two tokens, and a home whose context "other" is signed in to it. */
  async function signedIn(options: CloudOptions = {}) {
    const cloud = await startCloud(options);
    const here = home();
    const token = cloud.issueToken({ name: "laptop" });
    cloud.issueToken({ name: "ci" });
    writeContexts(here, [{ name: "broken" }, { name: "other", endpoint: cloud.url, token }], "other");
    return { cloud, here };
  }

  test.each([
    [["api-token", "get"]],
    [["api-token", "delete", "--yes"]],
    [["api-token", "update", "--expires", "30d"]],
    [["api-token", "rotate", "--old"]],
    [["--context", "other", "api-token", "get"]],
  ])("%p", async (words) => {
    const { here } = await signedIn();
    const before = here.tree();
    expect(await valuesAt(words, "", here)).toEqual(["ci", "laptop"]);
    expect(here.tree()).toEqual(before);
  });

  test("of the environment's login too", async () => {
    const { cloud } = await signedIn();
    const env = { BENTO_CLOUD_API_KEY: cloud.tokens[0]!.value, BENTO_CLOUD_API_ENDPOINT: cloud.url };
    expect(await valuesAt(["api-token", "get"], "", home(), env)).toContain("ci");
  });

  test("but not for longer than a second", async () => {
    const { cloud, here } = await signedIn();
    cloud.misbehave("GET /api/v1/api_tokens", { silent: true });
    const start = Date.now();
    expect(await valuesAt(["api-token", "get"], "", here)).toEqual([]);
    expect(Date.now() - start).toBeLessThan(5_000);
  });

  test("and sends nothing where no context is active, or a pin is not known to match", async () => {
    const { cloud, here } = await signedIn();
    expect(await valuesAt(["api-token", "get", "--context", "nobody"], "", here)).toEqual([]);
    writeBelow(here.path, ".bentorc", "organization=acme\n");
    expect(await valuesAt(["api-token", "get"], "", here)).toEqual([]);
    writeBelow(here.path, ".bentorc", "endpoint=https://one.test\n");
    expect(await valuesAt(["api-token", "get"], "", here)).toEqual([]);
    expect(cloud.requests).toEqual([]);
  });
});

describe("for bash, an answer fits what bash replaces", () => {
  test.each([
    ["bentocloud use d", ["default"]],
    ["bentocloud use my", ["my\\ prod"]],
    ["bentocloud use m\\y", ["my\\ prod"]],
    ["bentocloud use 'my p", ["my prod"]],
    ['bentocloud use "my p', ["my prod"]],
    ["bentocloud use my' pr", [" prod"]],
    ["bentocloud use 'my'", ["\\ prod"]],
    ["bentocloud use team", ["team:eu", "team:us"]],
    ["bentocloud use team:", ["eu", "us"]],
    ["bentocloud use team\\:e", ["team:eu"]],
    ["bentocloud status --context=te", ["team:eu", "team:us"]],
    ["bentocloud status --context=team:u", ["us"]],
    ["bentocloud status --context=-d", ["-dash"]],
    ["  bentocloud   sta", ["status"]],
    ["bentocloud", []],
    ['bentocloud use "', ["default", "my prod", "team:eu", "team:us"]],
  ])("%p", async (line, replies) => {
    expect(await answer(["bash", line, BREAKS])).toEqual(replies);
  });

  test("the whole name, when a colon is not in COMP_WORDBREAKS", async () => {
    expect(await answer(["bash", "bentocloud use team:e", " \t\n"])).toEqual(["team:eu"]);
  });

  test("quotes every special character", async () => {
    const name = "a$(b)`c`;&|<>*?[d]{e}~!#\"'\\z";
    const here = withContexts([name]);
    for (const [typed, quote] of [
      ["a", ""],
      ["'a", "'"],
    ] as const) {
      const [reply] = await answer(["bash", `bentocloud use ${typed}`, BREAKS], here);
      const { stdout } = await run(["-c", `printf %s ${quote}${reply}${quote}`], { command: ["bash"] });
      expect(stdout).toBe(name);
    }
    expect(await answer(["bash", 'bentocloud use "a', BREAKS], here)).toEqual([]);
  });

  test("passes another program's words to bash-completion, if it is installed", async () => {
    const { stdout: script } = await run(["completion", "bash"]);
    const scene = `_command_offset() { printf 'from %s' "\${COMP_WORDS[$1]}"; }
command() { echo rest; }
COMP_WORDS=(bentocloud --context = a exec -- git sta) COMP_CWORD=7
_bentocloud bentocloud sta git`;
    const { stdout, stderr } = await run(["-c", `${script}\n${scene}`], { command: ["bash", "--norc"] });
    expect({ stdout, stderr }).toEqual({ stdout: "from git", stderr: "" });
  });
});

describe("while a line is typed", () => {
  test.each([
    ["no file", (here: Home) => void here],
    ["a broken file", (here: Home) => here.write("contexts: [\n")],
    ["an empty file", (here: Home) => here.write("")],
    [
      "a file that is not for this user",
      (here: Home) => (here.write("contexts: []\n"), chmodSync(here.file, 0o000)),
    ],
  ])("with %s, nothing is suggested, printed or written", async (_what, prepare) => {
    const here = home();
    prepare(here);
    const before = here.tree();
    expect(await valuesAt(["use"], "", here)).toEqual([]);
    expect(here.tree()).toEqual(before);
  });

  test.each([
    { BENTO_CLOUD_API_KEY: "", BENTOML_CLOUD_CONTEXT: "" },
    { BENTO_CLOUD_API_KEY: "two words", BENTO_CLOUD_API_ENDPOINT: "ftp://x" },
    { BENTOML_HOME: "a$BENTOML_HOME" },
  ])("an invalid variable causes no warning: %p", async (env) => {
    await answer(["zsh", "", "use"], shared, env as unknown as Record<string, string>);
  });

  test("a loss is left for a command to report", async () => {
    const here = withContexts();
    await run(["context", "rename", "default", "first"], { home: here });
    here.write("contexts: []\n");
    const before = here.tree();
    expect(await valuesAt(["use"], "", here)).toEqual([]);
    expect(here.tree()).toEqual(before);
    expect((await run(["context", "list"], { home: here })).stderr).toContain("another program removed");
  });

  test("a name that could drive the terminal is left out, and a duplicate too", async () => {
    const here = withContexts(["ok", "bad\u001b[31m", "two\nlines", "tab\there", "\u202efdp", "ok"]);
    expect(await valuesAt(["use"], "", here)).toEqual(["ok"]);
  });

  test.each([[[]], [["bash"]], [["zsh"]], [["no-such-shell", ""]]])("%p is no error", async (question) => {
    await answer(question);
  });

  test("a token on the line is not repeated", async () => {
    expect(await valuesAt(["login", "--api-token", canary()], "-")).toContain("--endpoint");
  });
});

describe("the script", () => {
  test.each(["bash", "zsh", "fish", "powershell"])("of %s", async (shell) => {
    const { code, stdout, stderr } = await run(["completion", shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(` __complete ${shell} `);
    expect(stdout).not.toMatch(/undefined|NaN/);
  });

  test("of another shell is a usage error", async () => {
    const { code, stderr } = await run(["completion", "csh"]);
    expect(code).toBe(2);
    expect(stderr).toStartWith("error: unknown command `bentocloud completion csh`\n");
  });
});
