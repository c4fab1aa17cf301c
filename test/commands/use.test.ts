import { describe, expect, test } from "bun:test";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, type Home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

const currentOf = (here: { read(): string }) => /^current_context_name: (.*)$/m.exec(here.read())?.[1];

describe("use", () => {
  test("makes a context current and changes nothing else", async () => {
    const here = homeOf("alpha", "beta");
    const before = here.read();
    const stderr = '✓ Switched to context "beta" (https://beta.test)\n';
    expect(await run(["use", "beta"], { home: here })).toMatchObject({ code: 0, stdout: "", stderr });
    expect(here.read()).toBe(before.replace('current_context_name: "alpha"', "current_context_name: beta"));
    expect((await run(["context", "current"], { home: here })).stdout).toBe("beta\n");
  });

  test("takes the name from --context too", async () => {
    const here = homeOf("alpha", "beta");
    expect(await run(["use", "--context", "beta"], { home: here })).toMatchObject({ code: 0 });
    expect(currentOf(here)).toBe("beta");
  });

  test("--json names the new and the previous one", async () => {
    const { code, stdout, stderr } = await run(["use", "beta", "--json"], { home: homeOf("alpha", "beta") });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({ name: "beta", previous: "alpha" });
  });

  test("`-` goes back, and back again", async () => {
    const here = homeOf("alpha", "beta", "gamma");
    await run(["use", "beta"], { home: here });
    for (const expected of ["alpha", "beta", "alpha"]) {
      const stderr = `✓ Switched to context "${expected}" (https://${expected}.test)\n`;
      expect((await run(["use", "-"], { home: here })).stderr).toBe(stderr);
      expect(currentOf(here)).toBe(expected);
    }
  });

  test("switching to the current one keeps the previous one", async () => {
    const here = homeOf("alpha", "beta");
    await run(["use", "beta"], { home: here });
    const before = here.read();
    expect(await run(["use", "beta"], { home: here })).toMatchObject({
      code: 0,
      stderr: '✓ "beta" is the current context already (https://beta.test)\n',
    });
    expect(here.read()).toBe(before);
    await run(["use", "-"], { home: here });
    expect(currentOf(here)).toBe("alpha");
  });

  test("`-` refuses when there is no previous one, and when that one is gone", async () => {
    const here = homeOf("alpha", "beta");
    const stderr = "error: there is no previous context\nhint: `bentocloud use NAME` switches\n";
    expect(await run(["use", "-"], { home: here })).toMatchObject({ code: 3, stderr });
    await run(["use", "beta"], { home: here });
    here.write(here.read().replace("name: alpha", "name: renamed").replace('name: "alpha"', "name: renamed"));
    const gone = await run(["use", "-"], { home: here });
    expect(gone).toMatchObject({ code: 3, stdout: "" });
    expect(gone.stderr).toContain('error: there is no context "alpha"\n');
    expect(currentOf(here)).toBe("beta");
  });

  test.each(["nobody", "ALPHA", "alph", "alpha ", "__env__"])(
    "refuses a context that does not exist: %p",
    async (name) => {
      const here = homeOf("alpha");
      const before = here.read();
      expect(await run(["use", name], { home: here })).toMatchObject({ code: 3, stdout: "" });
      expect(here.read()).toBe(before);
      expect(here.tree()).toEqual(["bentoml/ 0755", "bentoml/.yatai.yaml 0600"].concat(here.tree().slice(2)));
    },
  );

  test("says the organization, and no endpoint where all contexts have the same", async () => {
    const cloud = await startCloud();
    const here = home();
    const login = (name: string, organization: string) => {
      const stdin = cloud.issueToken({ email: `${name}@example.test`, organization });
      return run(["login", "--with-token", "--endpoint", cloud.url, "--context", name], {
        home: here,
        stdin,
      });
    };
    await login("work", "acme");
    await login("play", "hobby");
    const { stderr } = await run(["use", "work"], { home: here });
    expect(stderr).toBe('✓ Switched to context "work" (acme)\n');
    const { stdout } = await run(["context", "list"], { home: here });
    expect(stdout).toMatch(/\* +work +acme [^]*play +hobby /);
  });

  test.each(["true", "1.10", "null", "two words", "-dash", "日本", "it's", "a: b", "#x", "[x"])(
    "accepts any name that is in the file: %s",
    async (name) => {
      const here = homeOf("alpha", name);
      expect(await run(["use", "--", name], { home: here })).toMatchObject({ code: 0 });
      expect((await run(["context", "current"], { home: here })).stdout).toBe(`${name}\n`);
    },
  );

  test.each(["of the same person", "of somebody else"])(
    "sends no request for a token %s that another program wrote",
    async (whose) => {
      const cloud = await startCloud();
      const here = homeOf("alpha");
      const token = cloud.issueToken();
      const login = ["login", "--with-token", "--no-use", "--endpoint", cloud.url, "--context", "prod"];
      expect(await run(login, { home: here, stdin: token })).toMatchObject({ code: 0 });
      const email = whose === "of the same person" ? "me@example.test" : "them@example.test";
      here.write(here.read().replace(token, cloud.issueToken({ email })).replace("me@example.test", email));
      const before = cloud.requests.length;
      for (const route of ["auth/current", "current_org"])
        cloud.misbehave(`GET /api/v1/${route}`, { silent: true });
      const stderr = `✓ Switched to context "prod" (${cloud.url})\n`;
      expect(await run(["use", "prod"], { home: here })).toMatchObject({ code: 0, stderr });
      expect(currentOf(here)).toBe("prod");
      expect(cloud.requests.length).toBe(before);
      cloud.behave();
    },
  );

  test.each([
    ["BENTO_CLOUD_API_KEY", () => ({ BENTO_CLOUD_API_KEY: canary() }), "BENTO_CLOUD_API_KEY", "__env__"],
    ["BENTOML_CLOUD_CONTEXT", () => ({ BENTOML_CLOUD_CONTEXT: "alpha" }), "BENTOML_CLOUD_CONTEXT", "alpha"],
  ] as const)("warns when %s still wins here", async (_by, env, source, active) => {
    const here = homeOf("alpha", "beta");
    const { code, stderr } = await run(["use", "beta"], { home: here, env: env() });
    expect(code).toBe(0);
    expect(stderr).toBe(
      '✓ Switched to context "beta" (https://beta.test)\n' +
        `warning: here, ${source} still wins: the active context is "${active}"\n`,
    );
    expect(currentOf(here)).toBe("beta");
  });

  test("warns when a .bentorc still wins here", async () => {
    const here = homeOf("alpha", "beta");
    const path = writeBelow(here.path, ".bentorc", "context=alpha\n");
    const { code, stderr } = await run(["use", "beta"], { home: here });
    expect(code).toBe(0);
    expect(stderr).toContain(`warning: here, ${path}:1 still wins: the active context is "alpha"\n`);
  });

  test("succeeds once it has switched, even if no context can be active here", async () => {
    const here = homeOf("alpha", "beta");
    const env = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "ftp://nowhere.test" };
    const { code, stdout, stderr } = await run(["use", "beta", "--json"], { home: here, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ name: "beta", previous: "alpha" });
    expect(stderr).toContain("nothing can be active here");
  });

  test.each([[[]], [["--no-input"]]])(
    "without a name and without a terminal, it is a usage error %p",
    async (flags) => {
      const here = homeOf("alpha", "beta");
      expect(await run(["use", ...flags], { home: here, stdin: "beta\n" })).toMatchObject({
        code: 2,
        stdout: "",
        stderr: "error: which context? give its name\nhint: `bentocloud context list` shows the contexts\n",
      });
      expect(currentOf(here)).toBe('"alpha"');
    },
  );

  test.each([["use"], ["shell"]])(
    "where there is no context, `%s NAME` does not show an empty list",
    async (word) => {
      expect(await run([word, "prod"], { home: home() })).toMatchObject({
        code: 3,
        stderr: 'error: there is no context "prod"\nhint: `bentocloud login --context NAME` makes one\n',
      });
    },
  );

  test.each([["use"], ["shell"]])(
    "without a name and without any context, `%s` says to sign in",
    async (word) => {
      expect(await run([word], { home: home() })).toMatchObject({
        code: 4,
        stderr: "error: there are no contexts to choose from\nhint: bentocloud login\n",
      });
    },
  );
});

/** The rows that are on the screen last, without their marks. */
function rowsOf(terminal: Terminal): string[] {
  return terminal.screen
    .split(/\r\n|\r|\n/)
    .filter((line) => /^[●○] /.test(line))
    .map((line) => line.slice(2));
}

function many(count: number): Home {
  const here = home();
  const entries = Array.from({ length: count }, (_, index) => ({
    name: `context-with-a-long-name-${index}`,
    endpoint: `https://${index % 2 === 0 ? "even" : "odd"}.with-a-long-name.cloud.bentoml.test`,
  }));
  writeContexts(here, entries);
  return here;
}

describe("the picker of `use`", () => {
  test("starts at the current context and switches to the chosen one", async () => {
    const here = homeOf("alpha", "beta", "gamma");
    const terminal = openTerminal(["use"], { home: here, stdout: "pipe" });
    await terminal.waitFor("Switch to which context?");
    await terminal.waitFor("gamma");
    expect(rowsOf(terminal)).toEqual([
      "alpha  -  alpha.test  current, active",
      "beta   -  beta.test",
      "gamma  -  gamma.test",
    ]);
    terminal.press("down");
    await terminal.waitFor(/● beta/);
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).toContain('Switched to context "beta"');
    expect(terminal.stdout).toBe("");
    expect(currentOf(here)).toBe("beta");
  });

  test("marks the current and the active one, which can be two", async () => {
    const env = { BENTOML_CLOUD_CONTEXT: "beta" };
    const terminal = openTerminal(["use"], { home: homeOf("alpha", "beta"), env });
    await terminal.waitFor(/alpha .* current/);
    await terminal.waitFor(/beta .* active/);
    terminal.press("escape");
    await terminal.exit;
  });

  test.each([
    ["a part of its name", "name-237"],
    ["a part of its endpoint and of its name", "ODD 237"],
  ])("finds one of 300 by %s", async (_what, words) => {
    const here = many(300);
    const terminal = openTerminal(["use"], { home: here, cols: 60 });
    await terminal.waitFor("1-12 of 300");
    terminal.write(words);
    await terminal.waitFor("1-1 of 1");
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(currentOf(here)).toBe("context-with-a-long-name-237");
  });

  test("chooses nothing while nothing matches", async () => {
    const here = many(10);
    const terminal = openTerminal(["use"], { home: here });
    await terminal.waitFor("Search:");
    terminal.write("zzz");
    await terminal.waitFor("Nothing matches");
    terminal.press("enter");
    for (let count = 0; count < 3; count += 1) terminal.press("backspace");
    await terminal.waitFor(/Search: _[^]*Nothing matches[^]*1-10 of 10/);
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(currentOf(here)).toBe('"context-with-a-long-name-0"');
  });

  test("goes through the list by pages, and not beyond its end", async () => {
    const here = many(30);
    const terminal = openTerminal(["use"], { home: here });
    await terminal.waitFor("1-12 of 30");
    for (let count = 0; count < 4; count += 1) terminal.write("\u001b[6~");
    await terminal.waitFor("19-30 of 30");
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(currentOf(here)).toBe("context-with-a-long-name-29");
  });

  test.each([60, 100, 200])("cuts its rows to a terminal of %d columns", async (cols) => {
    const here = many(10);
    const wide = { name: "生产环境🍱🚀".repeat(20), endpoint: `https://${"a".repeat(200)}.test` };
    writeContexts(here, [wide, { name: "short" }]);
    const terminal = openTerminal(["use"], { home: here, cols });
    await terminal.waitFor("short");
    const rows = rowsOf(terminal);
    terminal.press("escape");
    await terminal.exit;
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(Bun.stringWidth(row)).toBeLessThanOrEqual(cols - 2);
  });

  test("keeps names apart where endpoints are long too", async () => {
    const here = home();
    const names = ["europe", "america"].map((region) => `production-${region}`);
    writeContexts(
      here,
      names.map((name) => ({ name, endpoint: `https://${"a".repeat(60)}.test` })),
    );
    const terminal = openTerminal(["use"], { home: here, cols: 40 });
    for (const name of names) await terminal.waitFor(name);
    terminal.press("escape");
    await terminal.exit;
  });

  test("is in ASCII where the locale is not UTF-8", async () => {
    const terminal = openTerminal(["use"], { home: many(20), cols: 60, env: { LANG: "C" } });
    await terminal.waitFor("of 20");
    terminal.press("escape");
    await terminal.exit;
    // oxlint-disable-next-line no-control-regex -- every character of ASCII
    expect(terminal.raw).toMatch(/^[\u0000-\u007f]*$/);
  });

  test.each(["ctrl-c", "escape"] as const)("%s changes nothing and exits 130", async (key) => {
    const here = homeOf("alpha", "beta");
    const [before, tree] = [here.read(), here.tree()];
    const terminal = openTerminal(["use"], { home: here });
    await terminal.waitFor("beta");
    terminal.press(key);
    expect(await terminal.exit).toMatchObject({ code: 130 });
    expect(terminal.screen).toContain("error: cancelled; nothing was changed");
    expect({ text: here.read(), tree: here.tree() }).toEqual({ text: before, tree });
  });

  test.each([
    ["--no-input", ["--no-input"], {}],
    ["CI", [], { CI: "true" }],
  ] as const)("does not appear with %s", async (_what, flags, env) => {
    const terminal = openTerminal(["use", ...flags], { home: homeOf("alpha", "beta"), env });
    expect(await terminal.exit).toMatchObject({ code: 2 });
    expect(terminal.screen).toContain("error: which context? give its name");
  });

  const COLOUR = /\u001b\[(3[0-7]|9[0-7]|4[0-7])m/; // oxlint-disable-line no-control-regex -- the codes that set one

  async function rawOf(args: string[], env: Record<string, string>) {
    const terminal = openTerminal(["use", ...args], { home: homeOf("alpha", "beta"), env });
    await terminal.waitFor("beta");
    terminal.press("ctrl-c");
    await terminal.exit;
    return terminal.raw;
  }

  // The prompt library reads only the environment, so the option has to be passed on to it.
  test("has no colour with NO_COLOR, TERM=dumb or --no-color", async () => {
    expect(await rawOf([], {})).toMatch(COLOUR);
    expect(await rawOf([], { NO_COLOR: "1" })).not.toMatch(COLOUR);
    expect(await rawOf([], { TERM: "dumb" })).not.toMatch(COLOUR);
    expect(await rawOf(["--no-color"], {})).not.toMatch(COLOUR);
  });

  test("prints one JSON object with --json when it is cancelled", async () => {
    const here = homeOf("alpha", "beta");
    const terminal = openTerminal(["use", "--json"], { home: here, stdout: "pipe" });
    await terminal.waitFor("beta");
    terminal.press("ctrl-c");
    expect(await terminal.exit).toMatchObject({ code: 130 });
    expect(terminal.stdout).toBe("");
    expect(terminal.screen).toContain('{"error":{"code":"CANCELLED","message":"cancelled; nothing');
  });

  test("without contexts, says how to get one", async () => {
    const terminal = openTerminal(["use"], { home: home() });
    expect(await terminal.exit).toMatchObject({ code: 4 });
    expect(terminal.screen).toContain("error: there are no contexts to choose from");
  });

  test("shows a name without its control and direction characters", async () => {
    const here = homeOf("alpha", "red\u001b[2J\u202eevil\u009b31m");
    const terminal = openTerminal(["use"], { home: here });
    await terminal.waitFor("evil");
    terminal.press("ctrl-c");
    await terminal.exit;
    expect(terminal.raw).not.toContain("\u001b[2Jevil");
    expect(terminal.raw).not.toMatch(/[\u202e\u009b]/);
  });
});
