import { describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

function homeOf(...names: string[]) {
  const here = home();
  writeContexts(
    here,
    names.map((name) => ({ name })),
  );
  return here;
}

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
    expect(await run(args, { home: homeOf("alpha", "beta") })).toMatchObject({
      code: 0,
      stdout: "beta\n",
      stderr: "",
    });
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
    [["status", "--timeout", "soon"], "--timeout takes a number of seconds above 0 and up to 86400", null],
    [["status", "--timeout", "0"], "--timeout takes a number of seconds above 0 and up to 86400", null],
    [["status", "--timeout=-1"], "--timeout takes a number of seconds above 0 and up to 86400", null],
    [["status", "--timeout=1e9"], "--timeout takes a number of seconds above 0 and up to 86400", null],
    [["status", "--timeout", "86401"], "--timeout takes a number of seconds above 0 and up to 86400", null],
    [["status", "--timeout="], "--timeout takes a number of seconds above 0 and up to 86400", null],
  ])("a missing or invalid value is a usage error: %p", async (args, message, hint) => {
    const { code, stdout, stderr } = await run(args, { home: homeOf("alpha") });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const isJson = args.includes("--json");
    if (isJson) expect(JSON.parse(stderr).error).toEqual({ code: "USAGE", message, hint, exit_code: 2 });
    else expect(stderr).toBe(`error: ${message}\n${hint === null ? "" : `hint: ${hint}\n`}`);
  });

  test("--quiet leaves only errors on stderr", async () => {
    const here = homeOf("alpha", "beta");
    expect(await run(["use", "beta", "--quiet"], { home: here })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect((await run(["use", "nobody", "--quiet"], { home: here })).stderr).toStartWith("error: ");
  });
});

describe("unknown words", () => {
  test.each([
    [["stats"], "unknown command `bentocloud stats`", "did you mean `bentocloud status`?"],
    [["Login"], "unknown command `bentocloud Login`", "did you mean `bentocloud login`?"],
    [
      ["context", "ls"],
      "unknown command `bentocloud context ls`",
      "`bentocloud context --help` lists the commands",
    ],
    [
      ["context", "delete"],
      "unknown command `bentocloud context delete`",
      "`bentocloud context --help` lists the commands",
    ],
    [["frobnicate"], "unknown command `bentocloud frobnicate`", "`bentocloud --help` lists the commands"],
    [["constructor"], "unknown command `bentocloud constructor`", "`bentocloud --help` lists the commands"],
    [
      ["context", "toString"],
      "unknown command `bentocloud context toString`",
      "`bentocloud context --help` lists the commands",
    ],
    [["__proto__"], "unknown command", "`bentocloud --help` lists the commands"],
    [
      ["hasOwnProperty"],
      "unknown command `bentocloud hasOwnProperty`",
      "`bentocloud --help` lists the commands",
    ],
    [
      ["context"],
      "`bentocloud context` needs a command: list, show, current, rename, protect, unprotect, remove",
      "see `bentocloud context --help`",
    ],
    [["--jsn", "status"], "unknown option --jsn for `bentocloud`", "did you mean --json?"],
    [["status", "--ofline"], "unknown option --ofline for `bentocloud status`", "did you mean --offline?"],
    [["status", "--offline=yes"], "--offline takes no value", null],
    [
      ["status", "--constructor"],
      "unknown option --constructor for `bentocloud status`",
      "`bentocloud status --help` lists the options",
    ],
    [
      ["status", "-x"],
      "unknown option -x for `bentocloud status`",
      "`bentocloud status --help` lists the options",
    ],
    [
      ["--offline", "status"],
      "unknown option --offline for `bentocloud`",
      "`bentocloud --help` lists the options",
    ],
    [
      ["token", "--no-json"],
      "unknown option --no-json for `bentocloud token`",
      "`bentocloud token --help` lists the options",
    ],
    [
      ["login", "--no-web"],
      "unknown option --no-web for `bentocloud login`",
      "`bentocloud login --help` lists the options",
    ],
    [["status", "prod"], "`bentocloud status` takes no argument", "see `bentocloud status --help`"],
    [["use", "a", "b"], "`bentocloud use` takes at most 1 argument", "see `bentocloud use --help`"],
    [
      ["context", "rename", "a", "b", "c"],
      "`bentocloud context rename` takes at most 2 arguments",
      "see `bentocloud context rename --help`",
    ],
    [
      ["context", "rename", "a"],
      "`bentocloud context rename` needs <new-name>",
      "see `bentocloud context rename --help`",
    ],
    [
      ["context", "remove"],
      "`bentocloud context remove` needs <name>",
      "see `bentocloud context remove --help`",
    ],
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
