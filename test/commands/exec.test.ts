import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type RunOptions, start, type Home } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { CATCHES_INTERRUPTS, expectOneInterrupt } from "../binary/terminal.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

/** Deno accepts only UTF-8, makes a program's path absolute, and runs what is not a program with a shell. */
const isDeno = process.env["BENTOCLOUD_RUNTIME"] === "deno";

/** Starts the program from a shell, which then prints the exit code. */
const SAYING_CODE = ["sh", "-c", '"$@"; echo "code $?"', "sh", ...programCommand()];

const signedIn = () => homeOf("mine", "other");

function writeProgram(here: Home, name: string, text: string | Uint8Array): string {
  const path = writeBelow(here.path, name, text);
  chmodSync(path, 0o755);
  return path;
}

/** The environment that the program gets. */
async function environmentOf(args: string[], options: RunOptions): Promise<Record<string, string>> {
  const argv = ["exec", ...args, "--", "env", "-0"];
  const { code, stdout, stderr } = await run(argv, { ...options, reveals: "stdout" });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.split("\0").filter(Boolean);
  return Object.fromEntries(lines.map((line) => /^([^=]*)=(.*)$/s.exec(line)!.slice(1)));
}

describe("the environment of the program", () => {
  test("has exactly the active credentials, and no other variable that could choose some", async () => {
    const token = canary();
    const here = homeOf({ name: "mine", token, endpoint: "https://mine.test/prefix" }, "other");
    const env = {
      BENTO_CLOUD_API_KEY: canary(),
      BENTO_CLOUD_API_ENDPOINT: "https://elsewhere.test",
      BENTO_CLOUD_ORGANIZATION: "acme",
      BENTOML_CLOUD_CONTEXT: "other",
      BENTOML_HOME: here.bentoml,
      BENTOML_DEBUG: "1",
      EMPTY: "",
      LINES: "a\nb",
    };
    const seen = await environmentOf(["--context", "mine"], { home: here, env });
    expect(
      Object.keys(seen)
        .filter((name) => name.startsWith("BENTO"))
        .toSorted(),
    ).toEqual(["BENTOML_DEBUG", "BENTOML_HOME", "BENTO_CLOUD_API_ENDPOINT", "BENTO_CLOUD_API_KEY"]);
    expect(seen["BENTO_CLOUD_API_KEY"] === token).toBe(true);
    expect(seen).toMatchObject({
      BENTO_CLOUD_API_ENDPOINT: "https://mine.test/prefix",
      EMPTY: "",
      LINES: "a\nb",
      HOME: here.path,
    });
  });

  test("has no variable of ours but these two", async () => {
    const here = signedIn();
    const { BENTO_CLOUD_API_KEY, BENTO_CLOUD_API_ENDPOINT, ...rest } = await environmentOf([], {
      home: here,
    });
    const plain = await run([], { home: here, command: ["env", "-0"] });
    const before = plain.stdout.split("\0").filter(Boolean).toSorted();
    expect([typeof BENTO_CLOUD_API_KEY, BENTO_CLOUD_API_ENDPOINT]).toEqual(["string", "https://mine.test"]);
    expect(
      Object.entries(rest)
        .map((pair) => pair.join("="))
        .toSorted(),
    ).toEqual(before);
  });

  test("is that of the inner one when two are nested", async () => {
    const here = signedIn();
    const args = ["exec", "--context", "other", "--", ...programCommand(), "exec"];
    const show = ["--", "sh", "-c", 'echo "$BENTO_CLOUD_API_ENDPOINT"'];
    expect((await run([...args, ...show], { home: here })).stdout).toBe("https://other.test\n");
    const inner = await run([...args, "--context", "mine", ...show], { home: here });
    expect(inner.stdout).toBe("https://mine.test\n");
    const status = await run(["exec", "--context", "other", "--", ...programCommand(), "whoami", "--help"], {
      home: here,
    });
    expect(status).toMatchObject({ code: 0, stderr: "" });
  });

  test.skipIf(isDeno)("cannot keep a value that is not UTF-8, and warns of it", async () => {
    const command = ["sh", "-c", `ODD=$(printf 'a\\377') exec "$@"`, "sh", ...programCommand()];
    expect(await run(["exec", "--", "echo", "ran"], { home: signedIn(), command })).toMatchObject({
      code: 0,
      stdout: "ran\n",
      stderr: "warning: not UTF-8, so the program gets another value: ODD\n",
    });
  });

  test("cannot hold a NUL character, so a token with one is refused", async () => {
    const here = homeOf({ name: "mine", token: `"${canary()}\\0rest"` });
    const { code, stdout, stderr } = await run(["exec", "--", "echo", "ran"], { home: here });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toStartWith('error: the context "mine" has a NUL character');
  });
});

const AFTER_DASHES = "`bentocloud exec` takes its command after `--`";

describe("the arguments", () => {
  test("are passed on unchanged: ours before `--`, the program's after it", async () => {
    const words = [
      "",
      "-x",
      "--json",
      "--context",
      "other",
      "--",
      "a b",
      "'\"`$HOME\\",
      "a\nb",
      "ü😀",
      "*",
      "-",
    ];
    const show = 'for word in "$@"; do printf "%s\\0" "$word"; done';
    const result = await run(["exec", "--", "sh", "-c", show, "sh", ...words], { home: signedIn() });
    expect(result).toMatchObject({ code: 0, stdout: words.map((word) => `${word}\0`).join(""), stderr: "" });
  });

  test
    .skipIf(isDeno)
    .each([
      ["exec -- echo"],
      ["api-token rotate --deliver -- cat"],
      ["login --token-command -- echo"],
      ["context store mine --to command -- echo"],
    ])("are refused by `%s` when their bytes would be changed", async (line) => {
    const command = ["sh", "-c", `exec "$@" "$(printf 'a\\377')"`, "sh", ...programCommand()];
    const { code, stdout, stderr } = await run(line.split(" "), { home: signedIn(), command });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toStartWith("error: an argument is not UTF-8 text");
  });

  test.each([
    [["exec"], "which program? put it after `--`", "bentocloud exec -- bentoml deployment list"],
    [["exec", "--"], "which program? put it after `--`", "bentocloud exec -- bentoml deployment list"],
    [["exec", "--", ""], "which program? put it after `--`", "bentocloud exec -- bentoml deployment list"],
    [["exec", "sh", "-c", "true"], AFTER_DASHES, "bentocloud exec -- COMMAND…"],
    [["exec", canary(), "--", "./p"], AFTER_DASHES, "bentocloud exec -- COMMAND…"],
    [
      ["exec", "--check", "staging", "--", "./p", canary()],
      AFTER_DASHES,
      'as the context "staging": `bentocloud exec --context staging -- ./p …`',
    ],
  ])("%p: a program comes after `--`", async (args, message, hint) => {
    const { code, stdout, stderr } = await run(args, { home: signedIn() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`error: ${message}\nhint: ${hint}\n`);
  });
});

describe("the streams", () => {
  test("are the program's own", async () => {
    const argv = ["exec", "--", "sh", "-c", "cat; echo talk >&2"];
    const result = await run(argv, { home: signedIn(), stdin: "line\n" });
    expect(result).toMatchObject({ code: 0, stdout: "line\n", stderr: "talk\n" });
  });

  test("have our warnings before the program's output", async () => {
    const env = { BENTOML_CLOUD_CONTEXT: "" };
    const { stderr } = await run(["exec", "--", "sh", "-c", "echo talk >&2"], { home: signedIn(), env });
    expect(stderr).toBe("warning: BENTOML_CLOUD_CONTEXT is set but empty; ignored\ntalk\n");
  });

  test.each(["<&-", ">&-", "<&- >&-"])("may be closed: %s", async (closing) => {
    const command = ["sh", "-c", `"$@" ${closing}`, "sh", ...programCommand()];
    const args = ["exec", "--", "sh", "-c", "echo ran >&2"];
    expect(await run(args, { home: signedIn(), command })).toMatchObject({ code: 0, stderr: "ran\n" });
  });

  test("include the descriptors of a shell's <(…)", async () => {
    const command = ["bash", "-c", '"$@" <(echo one) <(echo two)', "bash", ...programCommand()];
    const result = await run(["exec", "--", "cat"], { home: signedIn(), command });
    expect(result).toMatchObject({ code: 0, stdout: "one\ntwo\n", stderr: "" });
  });
});

describe("the end", () => {
  test.each([0, 1, 2, 4, 126, 127, 128, 255])("is the program's exit code: %i", async (code) => {
    const result = await run(["exec", "--", "sh", "-c", `exit ${code}`], { home: signedIn() });
    expect(result).toMatchObject({ code, stdout: "", stderr: "" });
  });

  test.each([
    ["TERM", 143],
    ["KILL", 137],
    ["PIPE", 141],
    ["INT", 130],
  ])("by SIG%s is 128 and its number", async (signal, code) => {
    const { stdout } = await run(["exec", "--", "sh", "-c", `kill -${signal} $$; echo alive`], {
      home: signedIn(),
      command: SAYING_CODE,
    });
    expect(stdout).toBe(`code ${code}\n`);
  });

  test.each([
    ["SIGTERM", "TERM"],
    ["SIGHUP", "HUP"],
    ["SIGINT", "INT"],
    ["SIGQUIT", "QUIT"],
    ["SIGUSR1", "USR1"],
  ] as const)("is the program's decision: %s reaches it", async (signal, name) => {
    const script = `trap 'echo caught; exit 9' ${name}; echo ready; while :; do sleep 0.05; done`;
    for (const command of [programCommand(), withDescriptor()]) {
      const running = start(["exec", "--", "sh", "-c", script], { home: signedIn(), command });
      await running.waitFor("ready");
      running.kill(signal);
      expect(await running.result).toMatchObject({ code: 9, signal: null, stdout: "ready\ncaught\n" });
    }
  });

  test("on a terminal, Ctrl-C reaches the program once", async () => {
    const words = ["exec", "--", "sh", "-c", CATCHES_INTERRUPTS];
    for (const command of [programCommand(), withDescriptor()])
      await expectOneInterrupt(openTerminal(words, { home: signedIn(), command }));
  });
});

/** Runs the program as a child, even where it could replace the process. */
function withDescriptor(): string[] {
  return ["bash", "-c", 'exec 9</dev/null; exec "$@" /dev/fd/9', "bash", ...programCommand()];
}

describe("the program", () => {
  test.each([["./tool"], ["folder/../tool"], ["<home>/tool"]])("may be named by a path: %s", async (name) => {
    const here = signedIn();
    writeProgram(here, "tool", '#!/bin/sh\necho "$0 $1"\n');
    writeBelow(here.path, "folder/file", "");
    const path = name.replace("<home>", here.path);
    const result = await run(["exec", "--", path, "word"], { home: here });
    expect(result).toMatchObject({ code: 0, stdout: `${isDeno ? join(here.path, "tool") : path} word\n` });
  });

  test("is found in PATH after a file that cannot be executed", async () => {
    const here = signedIn();
    writeBelow(here.path, "first/tool", "#!/bin/sh\necho first\n");
    writeProgram(here, "second/tool", "#!/bin/sh\necho second\n");
    const PATH = ["first", "second"].map((folder) => join(here.path, folder)).join(":");
    const env = { PATH: `${PATH}:${process.env["PATH"]}` };
    const { stdout } = await run(["exec", "--", "tool"], { home: here, env });
    expect(stdout).toBe("second\n");
  });

  test("may be a script without `#!`", async () => {
    const here = signedIn();
    writeProgram(here, "tool", 'echo "$0 $# $1"\n');
    const result = await run(["exec", "--", "./tool", "a b"], { home: here });
    const name = isDeno ? join(here.path, "tool") : "./tool";
    expect(result).toMatchObject({ code: 0, stdout: `${name} 1 a b\n`, stderr: "" });
  });

  test("is not looked for in the working directory", async () => {
    const here = signedIn();
    writeProgram(here, "tool-of-a-stranger", "#!/bin/sh\necho ran\n");
    for (const prefix of ["", ":", "::"]) {
      const env = { PATH: `${prefix}${process.env["PATH"]}` };
      expect(await run(["exec", "--", "tool-of-a-stranger"], { home: here, env })).toMatchObject({
        code: 127,
        stdout: "",
        stderr:
          "error: tool-of-a-stranger: command not found\nhint: `./tool-of-a-stranger` is in this directory\n",
      });
    }
  });

  test.each([
    ["no-such-program", 127, "command not found", null],
    ["./no-such-program", 127, "command not found", null],
    ["./text", 126, "not executable", "if it is a program, `chmod +x ./text` lets it run"],
    ["./text/below", 127, "command not found", null],
    ["/", 126, "cannot be executed", null],
    ["./orphan", 126, "cannot be executed, the program that should interpret it does not exist", null],
  ])("%s: exits %i, as a shell does", async (name, code, message, hint) => {
    const here = signedIn();
    writeBelow(here.path, "text", "text\n");
    writeProgram(here, "orphan", "#!/no/such/interpreter\n");
    const result = await run(["exec", "--", name], { home: here });
    const text = `error: ${name}: ${message}\n${hint === null ? "" : `hint: ${hint}\n`}`;
    expect(result).toMatchObject({ code, stdout: "", stderr: text });
    const json = await run(["exec", "--json", "--", name], { home: here });
    expect(json).toMatchObject({ code, stdout: "" });
    expect(JSON.parse(json.stderr).error).toEqual({
      code: "FAILURE",
      message: `${name}: ${message}`,
      hint,
      exit_code: code,
    });
  });

  test.skipIf(isDeno)("for another machine is not run by a shell", async () => {
    const here = signedIn();
    writeProgram(here, "tool", Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0, 1, 2, 3]));
    const stderr = "error: ./tool: cannot be executed, it is no program for this machine\n";
    expect(await run(["exec", "--", "./tool"], { home: here })).toMatchObject({ code: 126, stderr });
  });

  test("is not started with too many arguments", async () => {
    const here = home();
    const endpoint = `https://mine.test/${"p".repeat(90_000)}`;
    writeContexts(here, [{ name: "small" }, { name: "large", endpoint }], "large");
    const fill = 'fill=$(head -c 110000 /dev/zero | tr "\\0" x); export A=$fill B=$fill C=$fill D=$fill';
    const command = ["sh", "-c", `ulimit -s 2048; ${fill}; exec "$@"`, "sh", ...programCommand()];
    const stderr = "error: true: cannot be executed, its arguments and environment are too long\n";
    expect(await run(["exec", "--", "true"], { home: here, command })).toMatchObject({ code: 126, stderr });
    const small = await run(["exec", "--context", "small", "--", "true"], { home: here, command });
    expect(small).toMatchObject({ code: 0, stderr: "" });
  });
});

test.skipIf(process.platform !== "linux" || isDeno)(
  "the program has the limits that we were started with",
  async () => {
    const here = signedIn();
    const limits = ["sh", "-c", "ulimit -Sn; ulimit -Sc; cat /proc/self/coredump_filter"];
    for (const shell of [limits, [...limits, "/dev/fd/9"]]) {
      const command = [
        "sh",
        "-c",
        'ulimit -Sn 256; ulimit -Sc 8; exec "$@" 9</dev/null',
        "sh",
        ...programCommand(),
      ];
      const { stdout } = await run(["exec", "--", ...shell], { home: here, command });
      expect(stdout).toBe(`256\n8\n${readFileSync("/proc/self/coredump_filter", "utf8")}`);
    }
  },
);

describe("nothing runs", () => {
  const ECHO = ["--", "echo", "ran"];

  test("without a login", async () => {
    expect(await run(["exec", ...ECHO], { home: home() })).toMatchObject({ code: 4, stdout: "" });
  });

  test.each([
    ["endpoint=https://pinned.test\n", "pins the endpoint"],
    ["context=gone\n", "you have no context"],
  ])("against the project file: %j", async (text, message) => {
    const here = signedIn();
    writeBelow(here.path, ".bentorc", text);
    const { code, stdout, stderr } = await run(["exec", ...ECHO], { home: here });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("in an organization that the project does not pin", async () => {
    const cloud = await startCloud();
    const token = cloud.issueToken({ organization: "acme" });
    const here = homeOf({ name: "mine", endpoint: cloud.url, token });
    writeBelow(here.path, ".bentorc", "organization=globex\n");
    for (const check of [[], ["--check"]]) {
      const result = await run(["exec", ...check, ...ECHO], { home: here });
      expect(result).toMatchObject({ code: 4, stdout: "" });
      expect(result.stderr).toContain('pins the organization "globex"');
    }
  });
});

describe("--check", () => {
  test("asks the server once before the program starts", async () => {
    const cloud = await startCloud();
    const here = homeOf({ name: "mine", endpoint: cloud.url, token: cloud.issueToken() });
    writeBelow(here.path, ".bentorc", "organization=acme\n");
    const result = await run(["exec", "--check", "--", "echo", "ran"], { home: here });
    expect(result).toMatchObject({ code: 0, stdout: "ran\n", stderr: "" });
    cloud.expect("GET /api/v1/auth/current", 1);
    cloud.expect("GET /api/v1/current_org", 1);
  });

  test("runs nothing when the token is rejected or the server unreachable", async () => {
    const cloud = await startCloud();
    const here = home();
    const token = cloud.issueToken();
    writeContexts(here, [
      { name: "mine", endpoint: cloud.url, token },
      { name: "away", endpoint: "http://127.0.0.1:9" },
    ]);
    cloud.revoke(token);
    const rejected = await run(["exec", "--check", "--", "echo", "ran"], { home: here });
    expect(rejected).toMatchObject({ code: 4, stdout: "" });
    expect(rejected.stderr).toContain("does not accept the API token");
    const args = ["exec", "--check", "--context", "away", "--timeout", "1", "--", "echo", "ran"];
    expect(await run(args, { home: here })).toMatchObject({ code: 5, stdout: "" });
    expect((await run(["exec", "--", "echo", "ran"], { home: here })).stdout).toBe("ran\n");
  });
});
