import { describe, expect, test } from "bun:test";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { registerCanary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const startCloud = cloudsPerTest();
const TOKEN = registerCanary("canari0env0token0abc");

const signedIn = (token = TOKEN, endpoint = "https://mine.test") => homeOf({ name: "mine", token, endpoint });

async function printed(args: string[], here = signedIn()): Promise<string> {
  const { code, stdout, stderr } = await run(["env", ...args], { home: here, reveals: "stdout" });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

const [KEY, ENDPOINT] = ["BENTO_CLOUD_API_KEY", "BENTO_CLOUD_API_ENDPOINT"];
const POSIX = `export BENTO_CLOUD_API_KEY='${TOKEN}'\nexport BENTO_CLOUD_API_ENDPOINT='https://mine.test'\n`;
const JSON_TEXT = `{\n  "BENTO_CLOUD_API_KEY": "${TOKEN}",\n  "BENTO_CLOUD_API_ENDPOINT": "https://mine.test"\n}\n`;

describe("env", () => {
  test.each([
    [[], POSIX],
    [["--shell", "sh"], POSIX],
    [["--shell", "bash"], POSIX],
    [["--shell", "zsh"], POSIX],
    [["--shell", "fish"], `set -gx ${KEY} '${TOKEN}'\nset -gx ${ENDPOINT} 'https://mine.test'\n`],
    [["--shell", "powershell"], `$env:${KEY} = '${TOKEN}'\n$env:${ENDPOINT} = 'https://mine.test'\n`],
    [["--shell", "cmd"], `set "${KEY}=${TOKEN}"\nset "${ENDPOINT}=https://mine.test"\n`],
    [["--shell", "dotenv"], `BENTO_CLOUD_API_KEY=${TOKEN}\nBENTO_CLOUD_API_ENDPOINT=https://mine.test\n`],
    [["--shell", "json"], JSON_TEXT],
    [["--json"], JSON_TEXT],
    [["--json", "--shell", "json"], JSON_TEXT],
  ])("%p prints the active credentials, and no file changes", async (args, expected) => {
    const here = signedIn();
    const before = here.tree();
    expect(await printed(args, here)).toBe(expected);
    expect(here.tree()).toEqual(before);
  });

  test.each([
    ["sh", "unset BENTO_CLOUD_API_KEY\nunset BENTO_CLOUD_API_ENDPOINT\n"],
    ["fish", "set -e BENTO_CLOUD_API_KEY\nset -e BENTO_CLOUD_API_ENDPOINT\n"],
    [
      "powershell",
      "Remove-Item Env:BENTO_CLOUD_API_KEY -ErrorAction SilentlyContinue\n" +
        "Remove-Item Env:BENTO_CLOUD_API_ENDPOINT -ErrorAction SilentlyContinue\n",
    ],
    ["cmd", 'set "BENTO_CLOUD_API_KEY="\nset "BENTO_CLOUD_API_ENDPOINT="\n'],
    ["json", '{\n  "BENTO_CLOUD_API_KEY": null,\n  "BENTO_CLOUD_API_ENDPOINT": null\n}\n'],
  ])("--shell %s --unset removes the variables, and needs no login", async (shell, expected) => {
    const result = await run(["env", "--shell", shell, "--unset"]);
    expect(result).toMatchObject({ code: 0, stdout: expected, stderr: "" });
  });

  test.each(["dotenv", "github"])(
    "--shell %s --unset is refused, because it can only set them empty",
    async (shell) => {
      const { code, stdout, stderr } = await run(["env", "--shell", shell, "--unset"]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toStartWith(`error: ${shell} cannot unset a variable`);
    },
  );

  test("names its shells in the error for another one", async () => {
    for (const extra of [[], ["--unset"]]) {
      const result = await run(["env", "--shell", "tcsh", ...extra], { home: signedIn() });
      expect(result).toMatchObject({
        code: 2,
        stdout: "",
        stderr:
          "error: --shell does not take this value\nhint: one of sh, bash, zsh, fish, powershell, cmd, dotenv, github, json\n",
      });
    }
    const both = await run(["env", "--json", "--shell", "fish"], { home: signedIn() });
    expect(both).toMatchObject({ code: 2, stdout: "" });
  });

  test.each([
    ["powershell", "‘it’s' a $x `n", "'‘‘it’’s'' a $x `n'"],
    ["cmd", "a^b&c|d<e>(f)", '"BENTO_CLOUD_API_ENDPOINT=https://mine.test/a^b&c|d<e>(f)"'],
  ])("--shell %s quotes its special characters", async (shell, odd, expected) => {
    const stdout = await printed(["--shell", shell], signedIn(TOKEN, `https://mine.test/${odd}`));
    expect(stdout.split("\n")[1]).toContain(expected.replace(/^'/, "'https://mine.test/"));
  });

  test.each([
    ["cmd", '"'],
    ["cmd", "%"],
    ["cmd", "!"],
    ["cmd", "\n"],
    ["dotenv", "'"],
    ["dotenv", "\\"],
    ["dotenv", "$"],
    ["dotenv", "\n"],
  ])("--shell %s refuses %j, and prints nothing", async (shell, character) => {
    const here = signedIn(TOKEN, `https://mine.test/a${character}b`);
    const { code, stdout, stderr } = await run(["env", "--shell", shell], { home: here });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`cannot be quoted for ${shell}\nhint: \`bentocloud exec -- COMMAND\``);
  });

  test("checks the project's pins", async () => {
    const cloud = await startCloud();
    const here = signedIn(cloud.issueToken({ organization: "acme" }), cloud.url);
    writeBelow(here.path, ".bentorc", "organization=globex\n");
    expect(await run(["env"], { home: here })).toMatchObject({ code: 4, stdout: "" });
  });
});

describe("on a terminal", () => {
  test.each([
    [[], 'eval "$(bentocloud env)"'],
    [["--shell", "fish"], "bentocloud env --shell fish | source"],
    [["--shell", "json"], "--show-token"],
  ])("%p is refused, with a command that does not show it", async (args, hint) => {
    const terminal = openTerminal(["env", ...args], { home: signedIn() });
    expect(await terminal.exit).toMatchObject({ code: 2 });
    expect(terminal.screen).toContain("error: this would show the API token on the terminal");
    expect(terminal.screen).toContain(hint);
  });

  test("--show-token shows it, and --unset shows nothing secret", async () => {
    const shown = openTerminal(["env", "--show-token"], { home: signedIn(), reveals: true });
    expect(await shown.exit).toMatchObject({ code: 0 });
    expect(shown.screen.includes(`export BENTO_CLOUD_API_KEY='${TOKEN}'`)).toBe(true);
    const unset = openTerminal(["env", "--unset"], { home: signedIn() });
    expect(await unset.exit).toMatchObject({ code: 0 });
    expect(unset.screen).toContain("unset BENTO_CLOUD_API_KEY");
  });

  test("`eval` reads it through a pipe", async () => {
    const terminal = openTerminal(["env"], { home: signedIn(), stdout: "pipe", reveals: "stdout" });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.stdout === POSIX).toBe(true);
  });
});

describe("--shell github", () => {
  const JOB = { GITHUB_ACTIONS: "true" };

  test("in a job, tells the runner on stderr to hide the token", async () => {
    const result = await run(["env", "--shell", "github"], { home: signedIn(), env: JOB, reveals: true });
    expect(result.code).toBe(0);
    expect(result.stderr === `::add-mask::${TOKEN}\n`).toBe(true);
    expect(result.stdout.includes("::")).toBe(false);
  });

  test("escapes the token for the runner", async () => {
    const token = registerCanary("canari%0A100%\nsecond\rline");
    const here = signedIn(JSON.stringify(token));
    const { stderr } = await run(["env", "--shell", "github"], { home: here, env: JOB, reveals: true });
    const [, data = ""] = /^::add-mask::(.*)\n$/.exec(stderr) ?? [];
    // actions/runner, ActionCommand.cs: the escapes of a command's data, `%` last.
    const read = data.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
    expect(read === token).toBe(true);
  });

  test("does not do so elsewhere, where it would print the token", async () => {
    const result = await run(["env", "--shell", "github"], { home: signedIn(), reveals: "stdout" });
    expect(result).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("env --alias", () => {
  const here = signedIn();

  test.each([
    ...["sh", "bash", "zsh"].map((shell): [string[], string] => [
      ["--shell", shell],
      `unalias bentoml 2>/dev/null || true\neval 'bentoml() { command bentocloud exec -- bentoml "$@"; }'\n`,
    ]),
    [["--shell", "fish"], "function bentoml; command bentocloud exec -- bentoml $argv; end\n"],
    [
      ["--shell", "fish", "--context", "mine"],
      "function bentoml; command bentocloud exec --context='mine' -- bentoml $argv; end\n",
    ],
  ])("%p prints a function without credentials, also on a terminal", async (args, expected) => {
    const { code, stdout, stderr } = await run(["env", ...args, "--alias", "bentoml"], { home: here });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expected, stderr: "" });
    const terminal = openTerminal(["env", ...args, "--alias", "bentoml"], { home: here });
    expect(await terminal.exit).toMatchObject({ code: 0 });
  });

  test("of PowerShell finds the program bentocloud, and passes on what is piped in", async () => {
    const args = ["env", "--shell", "powershell", "--alias", "bentoml"];
    const { stdout } = await run(args, { home: here });
    expect(stdout).toContain("Get-Command bentocloud -CommandType Application");
    expect(stdout).toContain(
      "if ($MyInvocation.ExpectingInput) { $input | & $bentocloud exec '--' bentoml @args }",
    );
    const pinned = await run([...args, "--context", "mine"], { home: here });
    expect(pinned.stdout).toContain("  else { & $bentocloud exec '--context=mine' '--' bentoml @args }\n");
  });

  test.each([
    ...["cmd", "dotenv", "github", "json"].map((shell) => ["--shell", shell, "--alias", "bentoml"]),
    ["--json", "--alias", "bentoml"],
    ["--unset", "--alias", "bentoml"],
    ["--alias", ""],
    ["--alias", "two words"],
    ["--alias", "a;b"],
    ["--alias", "$(id)"],
    ["--alias", "./bentoml"],
    ["--alias=-x"],
    ["--alias", "bentoml", "--alias", "if"],
    ["--alias", "my-tool", "--shell", "sh"],
    ...["bentocloud", "command", "exec", "Function", "unset"].map((name) => ["--alias", name]),
  ])("refuses %p %p %p %p", async (...args) => {
    expect(await run(["env", ...args], { home: here })).toMatchObject({ code: 2, stdout: "" });
  });

  test("refuses a context that does not exist", async () => {
    const args = ["env", "--alias", "bentoml", "--context", "gone"];
    expect(await run(args, { home: here })).toMatchObject({ code: 3, stdout: "" });
  });
});
