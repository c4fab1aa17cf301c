import { describe, expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const SECONDS = "--timeout takes a number of seconds above 0 and up to 86400";

describe("global options", () => {
  test.each([
    [["--context", "beta", "context", "current"]],
    [["--context=beta", "context", "current"]],
    [["context", "--context", "beta", "current"]],
    [["context", "current", "--context", "beta"]],
    [["context", "current", "--context=beta", "--quiet", "--no-input", "--no-color"]],
    [["context", "current", "--context", "alpha", "--context", "beta"]],
    [["--timeout", "5", "context", "--timeout=0.5", "current", "--context", "beta"]],
    [["context", "current", "--context", "beta", "--"]],
  ])("are accepted anywhere before `--`: %p", async (args) => {
    const here = homeOf("alpha", "beta");
    const stdout = "beta\n";
    expect(await run(args, { home: here })).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  test("a value may contain `=`, be `-`, or begin with a dash after `=`", async () => {
    for (const [words, name] of [
      [["--context=a=b"], "a=b"],
      [["--context", "-"], "-"],
      [["--context=-x"], "-x"],
      [["--context=--json"], "--json"],
    ] as const) {
      const here = homeOf("alpha", name);
      expect((await run(["context", "current", ...words], { home: here })).stdout).toBe(`${name}\n`);
    }
  });

  test.each([
    [["status", "--context"], "--context needs a value", "write --context=VALUE"],
    [["status", "--context", "--json"], "--context needs a value", "write --context=VALUE"],
    [["--timeout", "--", "status"], "--timeout needs a value", "write --timeout=VALUE"],
    [["status", "--context="], "--context needs a name", null],
    [["status", "--json=yes"], "--json takes no value", null],
    [["status", "--help=yes"], "--help takes no value", null],
    ...["soon", "0", "-1", "1e9", "86401", ""].map((value): [string[], string, null] => [
      ["status", `--timeout=${value}`],
      SECONDS,
      null,
    ]),
  ])("a missing or invalid value is a usage error: %p", async (args, message, hint) => {
    const { code, stdout, stderr } = await run(args, { home: homeOf("alpha") });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const isJson = args.includes("--json");
    if (isJson) expect(JSON.parse(stderr).error).toEqual({ code: "USAGE", message, hint, exit_code: 2 });
    else expect(stderr).toBe(`error: ${message}\n${hint === null ? "" : `hint: ${hint}\n`}`);
  });

  test("--quiet leaves only errors on stderr", async () => {
    const here = homeOf("alpha", "beta");
    const quiet = await run(["use", "beta", "--quiet"], { home: here });
    expect(quiet).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await run(["use", "nobody", "--quiet"], { home: here })).stderr).toStartWith("error: ");
  });
});

const help = (name: string) => `\`bentocloud ${name === "" ? "" : `${name} `}--help\``;
const commandsOf = (name: string) => `${help(name)} lists the commands`;
const optionsOf = (name: string) => `${help(name)} lists the options`;
const see = (name: string) => `see ${help(name)}`;

describe("unknown words", () => {
  test.each([
    [["stats"], "unknown command `bentocloud stats`", "did you mean `bentocloud status`?"],
    [["Login"], "unknown command `bentocloud Login`", "did you mean `bentocloud login`?"],
    [["context", "ls"], "unknown command `bentocloud context ls`", commandsOf("context")],
    [["context", "delete"], "unknown command `bentocloud context delete`", commandsOf("context")],
    [["frobnicate"], "unknown command `bentocloud frobnicate`", commandsOf("")],
    [["constructor"], "unknown command `bentocloud constructor`", commandsOf("")],
    [["context", "toString"], "unknown command `bentocloud context toString`", commandsOf("context")],
    [["__proto__"], "unknown command", commandsOf("")],
    [["hasOwnProperty"], "unknown command `bentocloud hasOwnProperty`", commandsOf("")],
    [
      ["context"],
      "`bentocloud context` needs a command: list, show, current, rename, protect, unprotect, remove",
      see("context"),
    ],
    [["--jsn", "status"], "unknown option --jsn for `bentocloud`", "did you mean --json?"],
    [["status", "--ofline"], "unknown option --ofline for `bentocloud status`", "did you mean --offline?"],
    [["status", "--offline=yes"], "--offline takes no value", null],
    [["status", "--valueOf"], "unknown option --valueOf for `bentocloud status`", optionsOf("status")],
    [["status", "-x"], "unknown option -x for `bentocloud status`", optionsOf("status")],
    [["--offline", "status"], "unknown option --offline for `bentocloud`", optionsOf("")],
    [["token", "--no-json"], "unknown option --no-json for `bentocloud token`", optionsOf("token")],
    [["login", "--no-web"], "unknown option --no-web for `bentocloud login`", optionsOf("login")],
    [["status", "prod"], "`bentocloud status` takes no argument", see("status")],
    [["use", "a", "b"], "`bentocloud use` takes at most 1 argument", see("use")],
    [
      ["context", "rename", "a", "b", "c"],
      "`bentocloud context rename` takes at most 2 arguments",
      see("context rename"),
    ],
    [["context", "rename", "a"], "`bentocloud context rename` needs <new-name>", see("context rename")],
    [["context", "remove"], "`bentocloud context remove` needs <name>", see("context remove")],
  ])("%p is a usage error, exit 2, with nothing on stdout", async (args, message, hint) => {
    const text = `error: ${message}\n${hint === null ? "" : `hint: ${hint}\n`}`;
    expect(await run(args)).toMatchObject({ code: 2, stdout: "", stderr: text });
  });

  test("a token that was pasted in the wrong place is not repeated", async () => {
    const token = canary();
    for (const args of [
      [token],
      ["status", token],
      ["use", "a", token],
      ["login", `-t${token}`],
      ["login", `-t=${token}`],
      ["login", `--api_token=${token}`],
      ["login", `--${token}`],
      ["login", "--api-token", token, "extra"],
    ]) {
      const { code, stdout } = await run(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    }
  });

  test("nor is a token of letters only", async () => {
    const letters = "canarijklmnopqrstuva";
    for (const args of [[letters], ["login", `--${letters}`], ["status", "--context", letters]]) {
      const { code, stdout, stderr } = await run(args);
      expect({ stdout, repeated: stderr.includes(letters) }).toEqual({ stdout: "", repeated: false });
      expect(code).toBeWithin(2, 5);
    }
    expect((await run(["update-current-contxt", "x"])).stderr).toContain(
      "unknown command `bentocloud update-current-contxt`\nhint: did you mean `bentocloud update-current-context`?",
    );
  });

  test("after `--` there is no command", async () => {
    const { code, stdout, stderr } = await run(["--", "status"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toStartWith("error: `bentocloud` needs a command: login, logout, ");
  });

  test("an empty argument is an argument", async () => {
    expect(await run(["use", ""])).toMatchObject({ code: 2, stderr: "error: a context has a name\n" });
    expect(await run([""])).toMatchObject({ code: 2, stdout: "" });
  });
});
