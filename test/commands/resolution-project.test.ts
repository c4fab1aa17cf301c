import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** A home with these contexts and a project directory that holds the `.bentorc`. */
function projectWith(rc: string | Uint8Array, names: readonly string[] = ["mine", "staging"]) {
  const here = homeOf(...names);
  const project = join(here.path, "project");
  return { here, project, path: writeBelow(project, ".bentorc", rc) };
}

describe(".bentorc", () => {
  test("the nearest one counts, from the working directory upward", async () => {
    const { here, project } = projectWith("context=staging\n", ["mine", "staging", "inner"]);
    const inner = join(project, "inner");
    writeBelow(inner, ".bentorc", "context=inner\n");
    const deep = join(inner, "a", "b");
    mkdirSync(deep, { recursive: true });
    const beside = join(project, "beside");
    mkdirSync(beside);
    const currentIn = async (cwd: string) => (await run(["context", "current"], { home: here, cwd })).stdout;
    expect(await currentIn(here.path)).toBe("mine\n");
    expect(await currentIn(project)).toBe("staging\n");
    expect(await currentIn(beside)).toBe("staging\n");
    expect(await currentIn(inner)).toBe("inner\n");
    expect(await currentIn(deep)).toBe("inner\n");
  });

  test("one that names no context leaves the choice to the user's file", async () => {
    const { here, project } = projectWith("# nothing\n");
    const { stdout } = await run(["context", "current", "--json"], { home: here, cwd: project });
    expect(JSON.parse(stdout)).toMatchObject({ name: "mine", source: { kind: "user" } });
  });

  test.each([
    ["a number with a zero", "context=1.10\n", "1.10", 1],
    ["a boolean", "context=true\n", "true", 1],
    ["null", "context=null\n", "null", 1],
    ["a number with an exponent", "context=1e3\n", "1e3", 1],
    ["JSON", 'context={"a":1}\n', '{"a":1}', 1],
    ["double quotes", 'context="two words"\n', "two words", 1],
    ["an escape in double quotes", 'context="caf\\u00e9"\n', "café", 1],
    ["single quotes, which stay", "context='mine'\n", "'mine'", 1],
    ["blanks around", "  context =  spaced  \n", "spaced", 1],
    ["an equals sign", "context=a=b\n", "a=b", 1],
    ["a hash, which begins no comment here", "context=a # b\n", "a # b", 1],
    ["a variable, which nothing expands", "context=$HOME/${USER}\n", "$HOME/${USER}", 1],
    ["a backquote, which runs nothing", "context=`id`\n", "`id`", 1],
    ["CRLF", "# first\r\ncontext=windows\r\n", "windows", 2],
    ["a byte order mark", "\ufeffcontext=marked\n", "marked", 1],
    ["comments", "# a\n; b\n\n   # c\ncontext=later\n", "later", 5],
    ["the key twice", "context=first\ncontext=second\n", "second", 2],
    ["no final newline", "context=end", "end", 1],
    ["other alphabets", "context=日本\n", "日本", 1],
  ])("a value is taken as written: %s", async (_what, rc, name, line) => {
    const { here, project, path } = projectWith(rc, ["mine", name]);
    const result = await run(["context", "current", "--json"], { home: here, cwd: project });
    expect(result).toMatchObject({ code: 0, stderr: "" });
    const source = { kind: "project", name: "context", path, line };
    expect(JSON.parse(result.stdout)).toEqual({ name, source });
  });

  test.each([
    ["api_token=SECRET", 1],
    ["token = SECRET", 1],
    ["context=staging\napi-key=SECRET", 2],
    ["API_KEY=SECRET", 1],
    ["key=SECRET", 1],
    ["my_secret=SECRET", 1],
    ["Password=SECRET", 1],
    ["db-password=SECRET", 1],
    ["BENTO_CLOUD_API_KEY=SECRET", 1],
    ["export BENTO_CLOUD_API_KEY=SECRET", 1],
    ["API_TOKEN_2=SECRET", 1],
    ["api_token: SECRET", 1],
    ['"token"="SECRET"', 1],
  ])("a key that names a secret is refused with advice: %s", async (rc, line) => {
    const { here, project, path } = projectWith(rc.replace("SECRET", canary()));
    for (const flags of [[], ["--context", "mine"]]) {
      const argv = ["status", "--offline", ...flags];
      const { code, stdout, stderr } = await run(argv, { home: here, cwd: project });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toBe(
        `error: ${path}:${line} holds a credential\n` +
          "hint: remove the line, revoke that token on the server, and sign in with `bentocloud login`\n",
      );
    }
    // The sweep searches the home for tokens.
    writeBelow(project, ".bentorc", "");
  });

  test.each(["tokenizer=bpe", "max_tokens=5", "monkey=x", "keyboard-layout=x", "secretary=x", "# token=x"])(
    "a key that only looks like the name of a secret is not refused: %s",
    async (rc) => {
      const { here, project } = projectWith(`${rc}\ncontext=staging\n`);
      const result = await run(["context", "current"], { home: here, cwd: project });
      expect(result).toMatchObject({ code: 0, stdout: "staging\n" });
    },
  );

  test("a token that was written as a context's name is not printed", async () => {
    const { here, project, path } = projectWith(`context=${canary()}\n`);
    for (const args of [["token"], ["status"], ["explain"]]) {
      const { code, stderr } = await run(args, { home: here, cwd: project });
      expect({ code }).toEqual({ code: 4 });
      expect(stderr).toContain(`hint: if it is an API token, remove it from ${path} and revoke it\n`);
    }
    writeBelow(project, ".bentorc", "");
  });

  test.each(["context=", "context: mine", "  context : mine", "context"])("%s warns", async (line) => {
    const { here, project, path } = projectWith(`${line}\ncontext=staging\n`);
    expect(await run(["context", "current"], { home: here, cwd: project })).toMatchObject({
      code: 0,
      stdout: "staging\n",
      stderr: `warning: ${path}:1: context has no value, and is ignored; write context=NAME\n`,
    });
  });

  test.each([
    ["an unknown key", "colour=blue\ncontext=staging\n", ":1: unknown key ignored;"],
    ["extends", "context=staging\nextends=github:evil/repo\n", ":2: unknown key ignored;"],
    ["__proto__", "__proto__.context=evil\ncontext=staging\n", ":1: unknown key ignored;"],
    ["constructor", "constructor.prototype.context=evil\ncontext=staging\n", ":1: unknown key ignored;"],
    ["a line of another format", "colour: blue\ncontext=staging\n", ":1: unknown key ignored;"],
    ["many", `${"a=1\n".repeat(5000)}context=staging\n`, ":1: unknown key ignored (and 4999 more);"],
  ])("unknown keys warn: %s", async (_what, rc, warning) => {
    const { here, project, path } = projectWith(rc);
    expect(await run(["context", "current"], { home: here, cwd: project })).toMatchObject({
      code: 0,
      stdout: "staging\n",
      stderr: `warning: ${path}${warning} a project can set context, endpoint, organization\n`,
    });
  });

  test("--quiet suppresses the warnings", async () => {
    const { here, project } = projectWith("colour=blue\ncontext=staging\n");
    const result = await run(["context", "current", "--quiet"], { home: here, cwd: project });
    expect(result).toMatchObject({ code: 0, stdout: "staging\n", stderr: "" });
  });

  test.each([
    ["staging", "--context staging"],
    ["two words", "--context 'two words'"],
    ["it's", "--context 'it'\\''s'"],
    ["$(touch x)", "--context '$(touch x)'"],
    ["-x", "--context=-x"],
  ])("a context that this user lacks comes with the login command to run: %s", async (name, words) => {
    const { here, project, path } = projectWith(`context=${name}\n`, ["mine"]);
    const { code, stdout, stderr } = await run(["token"], { home: here, cwd: project });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toBe(
      `error: you have no context "${name}", which ${path} asks for\nhint: bentocloud login ${words} --no-use\n`,
    );
    const json = await run(["token", "--json"], { home: here, cwd: project });
    expect(JSON.parse(json.stderr).error).toMatchObject({ code: "NOT_LOGGED_IN", exit_code: 4 });
  });

  test.each([
    ["context=staging\n", "bentocloud login --context staging"],
    ["", "bentocloud login"],
  ])("the hint of not_logged_in names the pinned endpoint: %j", async (choice, command) => {
    const { here, project } = projectWith(`${choice}endpoint=https://pinned.test\n`);
    here.write("contexts: []\n");
    const { code, stderr } = await run(["token"], { home: here, cwd: project });
    expect(code).toBe(4);
    expect(stderr).toEndWith(
      `hint: ${command}; this project expects the endpoint "https://pinned.test" (choose it with --endpoint)\n`,
    );
  });

  test.each([
    ["endpoint=https://prod.test\n", "bentocloud link prod, or bentocloud login"],
    ["endpoint=https://gone.test\n", "bentocloud login"],
    ["endpoint=https://prod.test\norganization=acme\n", "bentocloud login"],
  ])("a context that matches every pin comes before a login: %j", async (pins, hint) => {
    const { here, project } = projectWith(`context=other\n${pins}`, ["mine", "prod"]);
    const { stderr } = await run(["token"], { home: here, cwd: project });
    expect(stderr).toContain(`hint: ${hint} --context other --no-use; this project expects the endpoint `);
  });

  test.each([
    ["__env__", "__env__"],
    ["--all", "--all"],
    ["-", "-"],
    ["n".repeat(60_000), `${"n".repeat(255)}…`],
  ])("a name that no login can have comes without a login command: %.20s", async (name, shown) => {
    const { here, project, path } = projectWith(`context=${name}\n`, ["mine"]);
    const { code, stderr } = await run(["token"], { home: here, cwd: project });
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr:
        `error: you have no context "${shown}", which ${path} asks for\n` +
        `hint: correct it in ${path}: no login can have that name\n`,
    });
  });

  test("an escape sequence in a name does not reach the terminal", async () => {
    const { here, project } = projectWith("context=\u001b[31mred\u202e\u009b2J\n", ["mine"]);
    const { code, stderr } = await run(["token"], { home: here, cwd: project });
    expect(code).toBe(4);
    expect(stderr).not.toMatch(/[\u001b\u202e\u009b]/);
  });
});
