import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { homeOf } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { removeFolder } from "../support/posix.ts";

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
    [["status", "--context"], "--context needs a value", "write --context=NAME"],
    [["status", "--context", "--json"], "--context needs a value", "write --context=NAME"],
    [["--timeout", "--", "status"], "--timeout needs a value", "write --timeout=SECONDS"],
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

  test.each([
    "use",
    "logout",
    "shell",
    "link",
    "context remove",
    "context rename -- alpha new",
    "api-token rotate",
  ])("`%s` refuses a context that is not the one of --context", async (line) => {
    const here = homeOf("alpha", "beta");
    const before = here.read();
    const words = line.includes("--") ? line.split(" ") : [...line.split(" "), "alpha"];
    expect(await run(["--context", "beta", ...words], { home: here })).toMatchObject({
      code: 2,
      stdout: "",
      stderr: "error: --context and <name> name two contexts\nhint: name the context once\n",
    });
    expect(here.read()).toBe(before);
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
const context = (name: string) => `--context NAME names a context; ${see(name)}`;

describe("unknown words", () => {
  test.each([
    [["stats"], "unknown command `bentocloud stats`", "did you mean `bentocloud status`?"],
    [["Login"], "unknown command `bentocloud Login`", "did you mean `bentocloud login`?"],
    [["context", "ls"], "unknown command `bentocloud context ls`", "did you mean `bentocloud context list`?"],
    [
      ["api-token", "rm", "ci"],
      "unknown command `bentocloud api-token rm`",
      "did you mean `bentocloud api-token delete`?",
    ],
    [
      ["deployment", "list"],
      "unknown command `bentocloud deployment`",
      "did you mean `bentocloud exec -- bentoml deployment`?",
    ],
    [
      ["context", "delete"],
      "unknown command `bentocloud context delete`",
      "did you mean `bentocloud context remove`?",
    ],
    [["lgoin"], "unknown command `bentocloud lgoin`", "did you mean `bentocloud login`?"],
    [["tokne"], "unknown command `bentocloud tokne`", "did you mean `bentocloud token`?"],
    [["hlep"], "unknown command `bentocloud hlep`", "did you mean `bentocloud help`?"],
    [["doct"], "unknown command `bentocloud doct`", "did you mean `bentocloud doctor`?"],
    [["un"], "unknown command `bentocloud un`", "did you mean `bentocloud unlink`?"],
    [
      ["context", "lsit"],
      "unknown command `bentocloud context lsit`",
      "did you mean `bentocloud context list`?",
    ],
    [["swich"], "unknown command `bentocloud swich`", "did you mean `bentocloud use`?"],
    [["run"], "unknown command `bentocloud run`", "did you mean `bentocloud exec`?"],
    [["rotate"], "unknown command `bentocloud rotate`", "did you mean `bentocloud api-token rotate`?"],
    [["-"], "unknown command", "did you mean `bentocloud use -`?"],
    [["list"], "unknown command `bentocloud list`", "did you mean `bentocloud context list`?"],
    [["context", "use"], "unknown command `bentocloud context use`", "did you mean `bentocloud use`?"],
    [
      ["context", "add"],
      "unknown command `bentocloud context add`",
      "did you mean `bentocloud login --context`?",
    ],
    [["auth", "stauts"], "unknown command `bentocloud stauts`", "did you mean `bentocloud status`?"],
    [["auht", "status"], "unknown command `bentocloud auht`", commandsOf("")],
    [
      ["env", "--shell", "fihs"],
      "--shell does not take this value",
      "did you mean `bentocloud env --shell fish`?",
    ],
    [
      ["env", "--shell=tcl"],
      "--shell does not take this value",
      "one of sh, bash, zsh, fish, powershell, cmd, dotenv, github, json",
    ],
    [["frobnicate"], "unknown command `bentocloud frobnicate`", commandsOf("")],
    [["constructor"], "unknown command `bentocloud constructor`", commandsOf("")],
    [["context", "toString"], "unknown command `bentocloud context toString`", commandsOf("context")],
    [["__proto__"], "unknown command", commandsOf("")],
    [["hasOwnProperty"], "unknown command `bentocloud hasOwnProperty`", commandsOf("")],
    [
      ["context"],
      "`bentocloud context` needs a command: list, show, current, rename, store, protect, unprotect, remove",
      see("context"),
    ],
    [["--jsn", "status"], "unknown option --jsn for `bentocloud`", "did you mean `bentocloud --json`?"],
    [
      ["status", "--ofline"],
      "unknown option --ofline for `bentocloud status`",
      "did you mean `bentocloud status --offline`?",
    ],
    [
      ["login", "--token", "x"],
      "unknown option --token for `bentocloud login`",
      "did you mean `bentocloud login --with-token`?",
    ],
    [
      ["login", "--host=x.test"],
      "unknown option --host for `bentocloud login`",
      "did you mean `bentocloud login --endpoint`?",
    ],
    [["whoami", "--host=x.test"], "unknown option --host for `bentocloud whoami`", optionsOf("whoami")],
    [["status", "--offline=yes"], "--offline takes no value", null],
    [["status", "--valueOf"], "unknown option --valueOf for `bentocloud status`", optionsOf("status")],
    [["status", "-x"], "unknown option -x for `bentocloud status`", optionsOf("status")],
    [["--offline", "status"], "unknown option --offline for `bentocloud`", optionsOf("")],
    [["token", "--no-json"], "unknown option --no-json for `bentocloud token`", optionsOf("token")],
    [["login", "--no-web"], "unknown option --no-web for `bentocloud login`", optionsOf("login")],
    [["status", "prod"], "`bentocloud status` takes no argument", context("status")],
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
    expect(await run(["use", ""])).toMatchObject({
      code: 2,
      stderr: "error: the name of the context is empty\n",
    });
    expect(await run([""])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("a name that does not exist", () => {
  test.each([
    [["use", "stagin"], "did you mean `bentocloud use staging`?"],
    [["use", "Staging"], "did you mean `bentocloud use staging`?"],
    [["use", "stag"], "did you mean `bentocloud use staging`?"],
    [["switch", "stagign"], "did you mean `bentocloud use staging`?"],
    [
      ["status", "--context", "prdo", "--offline"],
      "did you mean `bentocloud status --context=prod --offline`?",
    ],
    [["context", "rename", "prd", "live"], "did you mean `bentocloud context rename prod live`?"],
    [["exec", "--context=prod1", "--", "echo", "x"], "did you mean `bentocloud exec --context=prod -- …`?"],
    [["use", "--", "-dsah"], "did you mean `bentocloud use -- -dash`?"],
    [["use", "my pod"], "did you mean `bentocloud use 'my prod'`?"],
    [["logout", "stagin", "--yes"], 'did you mean "staging"? `bentocloud context list` shows the contexts'],
    [
      ["context", "remove", "stagin", "--yes"],
      'did you mean "staging"? `bentocloud context list` shows the contexts',
    ],
    [["api-token", "rotate", "stagin", "--yes"], "did you mean `bentocloud api-token rotate staging`?"],
    [
      ["exec", "--yes", "--context=stagin", "--", "x"],
      "did you mean `bentocloud exec --context=staging -- …`?",
    ],
    [["use", "eu-3"], "`bentocloud context list` shows the contexts"],
    [["use", "nothing-like-it"], "`bentocloud context list` shows the contexts"],
  ])("is corrected in the hint: %p", async (args, hint) => {
    const here = homeOf("default", "staging", "prod", "my prod", "eu-1", "eu-2", "-dash");
    const { code, stdout, stderr } = await run(args, { home: here });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toEndWith(`\nhint: ${hint}\n`);
  });

  test("the hint repeats no value that may be secret", async () => {
    const here = homeOf("prod");
    const [token, other] = [canary(), canary()];
    const args = ["api", "/x", "--context", "prd", "-H", `a: ${token}`, "-F", `a=${other}`];
    const { stderr } = await run(args, { home: here });
    expect(stderr).toEndWith("did you mean `bentocloud api /x --context=prod …`?\n");
    const path = await run(["api", `/x?${token}`, "--context=prd"], { home: here });
    expect(path.stderr).toEndWith("did you mean `bentocloud api … --context=prod`?\n");
    const renamed = await run(["context", "rename", "prd", token], { home: here });
    expect(renamed.stderr).toEndWith("did you mean `bentocloud context rename prod …`?\n");
  });

  test("of a variable is corrected there", async () => {
    const env = { BENTOML_CLOUD_CONTEXT: "prdo" };
    const { stderr } = await run(["token"], { home: homeOf("prod"), env });
    expect(stderr).toEndWith("hint: did you mean BENTOML_CLOUD_CONTEXT=prod?\n");
  });
});

describe("an alias", () => {
  test.each([
    [
      ["switch", "beta"],
      ["use", "beta"],
    ],
    [["ls"], ["context", "list"]],
    [
      ["ls", "--json"],
      ["context", "list", "--json"],
    ],
    [
      ["rm", "beta"],
      ["context", "remove", "beta"],
    ],
    [
      ["auth", "login", "--no-input"],
      ["login", "--no-input"],
    ],
    [
      ["auth", "logout", "beta"],
      ["logout", "beta"],
    ],
    [
      ["auth", "--quiet", "status", "--offline"],
      ["status", "--offline", "--quiet"],
    ],
    [
      ["auth", "token", "--context", "nobody"],
      ["token", "--context", "nobody"],
    ],
    [["version"], ["--version"]],
    [
      ["version", "--json"],
      ["--version", "--json"],
    ],
  ])("%p does what %p does", async (alias, words) => {
    const here = homeOf("alpha", "beta");
    const before = here.read();
    const answer = await run(alias, { home: here });
    const after = here.read();
    here.write(before);
    removeFolder(join(here.bentoml, ".bentocloud"));
    expect(answer).toEqual(await run(words, { home: here }));
    expect(here.read()).toBe(after);
  });

  test("stands in no help and no list of commands", async () => {
    const { stdout } = await run(["--help"]);
    expect(stdout).not.toMatch(/^ {2}(switch|ls|rm|auth|version)\b/m);
    expect((await run(["--", "x"])).stderr).not.toMatch(/\b(switch|ls|rm|auth|version)\b/);
  });
});
