import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run, type RunOptions } from "../support/bin.ts";
import { home } from "../support/home.ts";
import { linkProgram, programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const BIN = home().path;
const PROGRAM = join(BIN, "bentocloud");
linkProgram(BIN);

/** What a shell prints that reads this script instead of a person's lines. */
function shell(args: string[], script: string, { env = {}, ...options }: RunOptions = {}) {
  return run(["shell", ...args], { stdin: script, env: { SHELL: "/bin/sh", PROGRAM, ...env }, ...options });
}

describe("shell", () => {
  test("runs the user's shell, in which every command uses the context, and no token is", async () => {
    const here = homeOf("mine", "other");
    const env = {
      BENTO_CLOUD_API_KEY: canary(),
      BENTO_CLOUD_API_ENDPOINT: "https://ci.test",
      BENTO_CLOUD_ORGANIZATION: "acme",
      BENTOML_CLOUD_CONTEXT: "mine",
    };
    const script = 'env | grep ^BENTO | sort\n"$PROGRAM" context current\n';
    const { code, stdout, stderr } = await shell(["other"], script, { home: here, env });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "BENTOCLOUD_SHELL=other\nBENTOML_CLOUD_CONTEXT=other\nother\n",
      stderr: 'This shell uses the context "other" (https://other.test); `exit` leaves it\n',
    });
    expect((await run(["context", "current"], { home: here })).stdout).toBe("mine\n");
  });

  test("beats a project's context, and keeps its pins", async () => {
    const here = homeOf("mine", "other");
    const script = `printf 'context=mine\\nendpoint=https://mine.test\\n' > .bentorc; "$PROGRAM" token; echo $?\n`;
    const { stdout, stderr } = await shell(["other"], script, { home: here });
    expect(stdout).toBe("4\n");
    expect(stderr).toContain("hint: `exit` leaves this shell and its context, or correct the pin\n");
  });

  test.each([
    ["endpoint=https://mine.test\n", "https://other.test"],
    ["organization=acme\n", "cannot be reached"],
  ])("does not open where a pin forbids the context, or cannot be checked: %j", async (pins, why) => {
    const here = homeOf("mine", "other");
    writeBelow(here.path, ".bentorc", pins);
    const { code, stdout, stderr } = await shell(["other", "--timeout", "0.1"], "echo ran\n", { home: here });
    expect({ code: code === 4 || code === 5, stdout }).toEqual({ code: true, stdout: "" });
    expect(stderr).toContain(why);
  });

  test("a nested one says so, and gives the outer context back", async () => {
    const here = homeOf("mine", "other");
    const script = [
      '"$PROGRAM" shell mine <<"END"',
      '"$PROGRAM" context current',
      "exit 7",
      "END",
      'echo $?; "$PROGRAM" context current',
      "",
    ].join("\n");
    const { code, stdout, stderr } = await shell(["other"], script, { home: here });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "mine\n7\nother\n" });
    expect(stderr).toEndWith('`exit` leaves it, back to the shell of "other"\n');
  });

  test.each([
    ["exit 3", 3, null],
    // Where the program cannot become the shell, it exits as a shell does whose child was killed.
    [
      "kill -9 $$",
      ...(programCommand().length === 1 ? ([null, "SIGKILL"] as const) : ([137, null] as const)),
    ],
  ])("ends as the shell does: %s", async (script, code, signal) => {
    expect(await shell(["mine"], `${script}\n`, { home: homeOf("mine") })).toMatchObject({ code, signal });
  });

  test.each([
    ["--context", ["--context", "other"], 0, "other\n"],
    ["--context and the name that agree", ["other", "--context", "other"], 0, "other\n"],
    ["--context and a name that differ", ["mine", "--context", "other"], 2, ""],
    ["no name where nobody can be asked", [], 2, ""],
    ["a context that does not exist", ["gone"], 3, ""],
    ["the environment's credential", ["__env__"], 3, ""],
  ])("%s: %p", async (_, args, code, stdout) => {
    const options = { home: homeOf("mine", "other"), env: { BENTO_CLOUD_API_KEY: canary() } };
    expect(await shell(args, 'echo "$BENTOML_CLOUD_CONTEXT"\n', options)).toMatchObject({ code, stdout });
  });

  test("needs the name of a protected context", async () => {
    const here = homeOf("prod");
    await run(["context", "protect", "prod"], { home: here });
    expect(await shell(["prod"], "echo ran\n", { home: here })).toMatchObject({ code: 2, stdout: "" });
    const named = await shell(["prod", "--yes=prod"], "echo ran\n", { home: here });
    expect(named).toMatchObject({ code: 0, stdout: "ran\n" });
  });

  test.each([
    ["that does not exist", "/nowhere/sh", 127],
    ["that is no program", "/etc/passwd", 126],
  ])("a SHELL %s is an error", async (_, SHELL, code) => {
    expect(await shell(["mine"], "", { home: homeOf("mine"), env: { SHELL } })).toMatchObject({ code });
  });

  test.each([[" "], ["\0"]])("refuses a name that a variable cannot hold: %j", async (name) => {
    const here = homeOf("mine", { name });
    const picked = openTerminal(["shell"], { home: here, env: { SHELL: "/bin/sh" } });
    await picked.waitFor("Open a shell with which context?");
    picked.press("down");
    picked.press("enter");
    expect((await picked.exit).code).toBe(1);
    expect(picked.screen).toContain("a variable cannot hold the name of this context");
  });

  test("writes nothing", async () => {
    const here = homeOf("mine");
    const before = here.tree();
    await shell(["mine"], "true\n", { home: here });
    expect(here.tree()).toEqual(before);
  });
});

describe("shell on a terminal", () => {
  test("is an interactive shell with its own job control, and `exit` gives its code", async () => {
    const here = homeOf("mine", "other");
    const env = { SHELL: "/bin/bash", PS1: "$ ", PROGRAM };
    const terminal = openTerminal(["shell", "other"], { home: here, env });
    await terminal.waitFor('This shell uses the context "other" (https://other.test); `exit` leaves it');
    terminal.write(
      'echo "flags $-"; "$PROGRAM" whoami --help | head -1; echo $BENTOML_CLOUD_CONTEXT is it\r',
    );
    await terminal.waitFor(/flags \w*i\w*m/);
    await terminal.waitFor("other is it");
    terminal.write("sleep 60\r");
    await Bun.sleep(200);
    terminal.press("ctrl-c");
    terminal.write("echo still here $?\r");
    await terminal.waitFor("still here 130");
    terminal.write("exit 9\r");
    expect((await terminal.exit).code).toBe(9);
  });

  test("picks from a list without a name", async () => {
    const here = homeOf("mine", "other");
    const terminal = openTerminal(["shell"], { home: here, env: { SHELL: "/bin/sh" } });
    await terminal.waitFor("Open a shell with which context?");
    terminal.press("down");
    terminal.press("enter");
    await terminal.waitFor('This shell uses the context "other"');
    terminal.write("exit 5\r");
    expect((await terminal.exit).code).toBe(5);
  });

  test("asks for the name of a protected context", async () => {
    const here = homeOf("prod");
    await run(["context", "protect", "prod"], { home: here });
    const terminal = openTerminal(["shell", "prod"], { home: here, env: { SHELL: "/bin/sh" } });
    await terminal.waitFor("type its name to open a shell with it");
    terminal.write("prod\r");
    await terminal.waitFor("This shell uses");
    terminal.press("ctrl-d");
    expect((await terminal.exit).code).toBe(0);
  });

  test("Ctrl-C in the list opens nothing", async () => {
    const terminal = openTerminal(["shell"], { home: homeOf("mine") });
    await terminal.waitFor("Open a shell with which context?");
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
  });
});
