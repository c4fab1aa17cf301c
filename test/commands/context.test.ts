import { describe, expect, test } from "bun:test";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

describe("context list", () => {
  test("marks the current one, the project's and the active one", async () => {
    const here = homeOf({ name: "alpha", email: "me@example.test" }, { name: "beta" }, { name: "gamma" });
    writeBelow(here.path, ".bentorc", "context=beta\n");
    const plain = await run(["context", "list"], { home: here });
    expect(plain).toMatchObject({ code: 0, stderr: "" });
    expect(plain.stdout).toMatchInlineSnapshot(`
      "   NAME   ORGANIZATION  ENDPOINT            EMAIL            STATE
         alpha  -             https://alpha.test  me@example.test  current
      *  beta   -             https://beta.test   -                project, active
         gamma  -             https://gamma.test  -
      "
    `);
    const flagged = await run(["context", "list", "--context", "gamma"], { home: here });
    expect(flagged.stdout).toMatchInlineSnapshot(`
      "   NAME   ORGANIZATION  ENDPOINT            EMAIL            STATE
         alpha  -             https://alpha.test  me@example.test  current
         beta   -             https://beta.test   -                project
      *  gamma  -             https://gamma.test  -                active
      "
    `);
  });

  test("--json has one object per context, in the order of the file", async () => {
    const here = homeOf({ name: "beta", email: "me@example.test" }, { name: "alpha" });
    const { code, stdout, stderr } = await run(["context", "list", "--json"], { home: here });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { contexts } = JSON.parse(stdout);
    expect(contexts).toMatchObject([
      { name: "beta", endpoint: "https://beta.test", email: "me@example.test", current: true, active: true },
      { name: "alpha", endpoint: "https://alpha.test", email: null, current: false, active: false },
    ]);
  });

  test("says when the environment's credential is active instead", async () => {
    const here = homeOf({ name: "alpha" }, { name: "__env__" });
    const env = { BENTO_CLOUD_API_KEY: canary() };
    const { stdout, stderr } = await run(["context", "list"], { home: here, env });
    expect(stdout).not.toContain("*");
    expect(stderr).toBe("None of these is active here: BENTO_CLOUD_API_KEY is set\n");
    const json = await run(["context", "list", "--json"], { home: here, env });
    expect(JSON.parse(json.stdout).contexts).toMatchObject([{ active: false }, { active: false }]);
  });

  test("of two entries with one name, marks the first", async () => {
    const here = homeOf({ name: "twin", endpoint: "https://first.test" }, { name: "twin" });
    const { stdout } = await run(["context", "list", "--json"], { home: here });
    const [first, second] = JSON.parse(stdout).contexts;
    expect([first.current, first.active, second.current, second.active]).toEqual([true, true, false, false]);
  });

  test("an empty list is no error and makes no file", async () => {
    const here = home();
    const stderr = "No contexts yet; `bentocloud login` makes one\n";
    expect(await run(["context", "list"], { home: here })).toMatchObject({ code: 0, stdout: "", stderr });
    const { stdout } = await run(["context", "list", "--json"], { home: here });
    expect(JSON.parse(stdout)).toEqual({ contexts: [] });
    expect(here.tree()).toEqual([]);
  });

  test("aligns wide characters by the columns they take", async () => {
    const here = homeOf({ name: "日本語" }, { name: "plain" }, { name: "e\u0301" }, { name: "🍱" });
    const { stdout } = await run(["context", "list"], { home: here });
    const columns = stdout
      .trimEnd()
      .split("\n")
      .map((line) => Bun.stringWidth(line.slice(0, line.search(/ORGANIZATION|- /))));
    expect(columns).toEqual(columns.map(() => columns[0]!));
  });

  test("says with the line which entry is left out, and what to do", async () => {
    const here = home();
    const entry = (name: string) =>
      `- name: ${name}\n  endpoint: https://mine.test\n  api_token: ${canary()}\n`;
    here.write(`contexts:\n${entry("yes")}${entry("mine")}`);
    const { code, stdout, stderr } = await run(["context", "list", "--json"], { home: here });
    expect({ code, names: JSON.parse(stdout).contexts.map(({ name }: { name: string }) => name) }).toEqual({
      code: 0,
      names: ["mine"],
    });
    expect(stderr).toBe(
      `warning: ${here.file}:2: context "yes" is left out: its name is read by Python as something else than its text; quote it\n`,
    );
  });
});

describe("hostile names", () => {
  const HOSTILE = "a\u001b[31mred\u001b]52;c;aGk=\u0007\u202eevil\u009b2J\u2066\u200bz";
  const DRIVING =
    // oxlint-disable-next-line no-control-regex -- their absence is the point
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/;

  test.each([
    [["context", "list"]],
    [["status", "--all", "--offline"]],
    [["context", "current"]],
    [["context", "show"]],
    [["status", "--offline"]],
    [["whoami"]],
  ])(
    "%p: no control or direction character of a name or an endpoint reaches stdout or stderr",
    async (args) => {
      const here = homeOf({ name: HOSTILE, endpoint: "https://x\u001b[2J\u202e.test" });
      const { code, stdout, stderr } = await run(args, { home: here });
      expect(code).toBe(args[0] === "whoami" ? 2 : 0);
      expect(stdout + stderr).not.toMatch(DRIVING);
      expect(stdout + stderr).not.toBe("");
    },
  );

  // Output.data and Output.secretData leave C1 and direction characters as they are; JSON can escape them.
  test.each([
    [["context", "list", "--json"]],
    [["context", "show", "--json"]],
    [["status", "--offline", "--json"]],
    [["list-context"]],
  ])("%p: JSON escapes them, so that nothing is lost and nothing drives the terminal", async (args) => {
    const here = homeOf({ name: HOSTILE });
    const { code, stdout } = await run(args, { home: here });
    expect(code).toBe(0);
    expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(HOSTILE).slice(1, -1));
    expect(stdout).not.toMatch(DRIVING);
  });

  test("such a name can be given as it stands", async () => {
    const here = homeOf({ name: "plain" }, { name: HOSTILE });
    expect((await run(["use", HOSTILE], { home: here })).code).toBe(0);
    expect((await run(["context", "rename", HOSTILE, "tame"], { home: here })).code).toBe(0);
    expect((await run(["context", "current"], { home: here })).stdout).toBe("tame\n");
  });
});

describe("context show", () => {
  test("masks the token", async () => {
    const token = canary();
    const here = homeOf({ name: "alpha", email: "me@example.test", token }, { name: "beta" });
    const { code, stdout, stderr } = await run(["context", "show"], { home: here });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.replace(token.slice(-4), "abcd")).toMatchInlineSnapshot(`
      "context       alpha
      endpoint      https://alpha.test
      email         me@example.test
      organization  -
      token         ****abcd
      "
    `);
    expect((await run(["context", "show", "beta"], { home: here })).stdout).toMatch(/^context +beta\n/);
  });

  test("--show-token prints it", async () => {
    const token = canary();
    const here = homeOf({ name: "alpha", token });
    const { stdout } = await run(["context", "show", "--show-token"], { home: here, reveals: "stdout" });
    expect(stdout).toEndWith(`\norganization  -\ntoken         ${token}\n`);
  });

  test("--json has the keys of the contract, and `api_token` only with --show-token", async () => {
    const token = canary();
    const here = homeOf({ name: "alpha", token, email: "me@example.test" });
    const shown = { name: "alpha", endpoint: "https://alpha.test", email: "me@example.test" };
    const store = { kind: "file", name: null, state: "ok" };
    const known = { ...shown, organization: null, store };
    const masked = { ...known, token_masked: `****${token.slice(-4)}`, protected: false };
    const hidden = await run(["context", "show", "alpha", "--json"], { home: here });
    expect(JSON.parse(hidden.stdout)).toEqual(masked);
    const open = await run(["context", "show", "--show-token", "--json"], { home: here, reveals: "stdout" });
    expect(JSON.parse(open.stdout)).toEqual({ ...masked, api_token: token });
  });

  test("refuses a context that does not exist", async () => {
    const here = homeOf("alpha");
    const { code, stdout, stderr } = await run(["context", "show", "nobody"], { home: here });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toBe(
      'error: there is no context "nobody"\nhint: `bentocloud context list` shows the contexts\n',
    );
  });

  test("keeps the token masked on a terminal", async () => {
    const terminal = openTerminal(["context", "show"], { home: homeOf("alpha") });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).toMatch(/token +\*{4}[^ *]{4}\r/);
  });
});

describe("context store", () => {
  test.each(["keyring", "helper:nowhere"])(
    "--to %s that cannot be used leaves nothing to erase",
    async (to) => {
      const here = homeOf("mine");
      const [text, tree] = [here.read(), here.tree()];
      const moved = await run(["context", "store", "mine", "--to", to], { home: here });
      expect(moved).toMatchObject({ code: 6, stdout: "" });
      expect({ text: here.read(), tree: here.tree() }).toEqual({ text, tree });
    },
  );
});

describe("context current", () => {
  test("prints the active name alone", async () => {
    const here = homeOf("alpha");
    const stdout = "alpha\n";
    expect(await run(["context", "current"], { home: here })).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  test("is an error when nobody is signed in", async () => {
    const stderr = "error: not logged in yet\nhint: bentocloud login\n";
    expect(await run(["context", "current"])).toMatchObject({ code: 4, stdout: "", stderr });
  });
});
