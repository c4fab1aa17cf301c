import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, start } from "../support/bin.ts";
import { findCanaries } from "../support/canaries.ts";
import type { Home } from "../support/home.ts";
import { needs } from "../support/needs.ts";
import { startCloud } from "../support/cloud.ts";
import { programCommand } from "../support/program.ts";
import { canary, quotedCanary, registerCanary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

// At the end, every output and every file of these runs is searched for the token.
sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const LOGIN = ["login", "--with-token", "--endpoint", cloud.url];

async function signedIn(): Promise<{ here: Home; token: string }> {
  const here = home();
  const token = cloud.issueToken();
  await run(LOGIN, { home: here, stdin: token });
  return { here, token };
}

describe("a token is printed on request", () => {
  test.each([
    ["token", ["token"]],
    ["token --json", ["token", "--json"]],
    ["env", ["env"]],
    ["env --json", ["env", "--json"]],
    ["env --shell github", ["env", "--shell", "github"]],
    ["context show --show-token", ["context", "show", "--show-token"]],
    ["context show --show-token --json", ["context", "show", "--show-token", "--json"]],
    ["current-context in a pipe", ["current-context"]],
    ["cloud current-context in a pipe", ["cloud", "current-context"]],
  ])("%s", async (_name, args) => {
    const { here, token } = await signedIn();
    const { stdout, stderr } = await run(args, { home: here, reveals: "stdout" });
    expect({ shown: stdout.includes(token), stderr }).toEqual({ shown: true, stderr: "" });
  });

  test("is not printed by current-context on a terminal", async () => {
    const { here, token } = await signedIn();
    const terminal = openTerminal(["current-context"], { home: here });
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.screen).toContain(`****${token.slice(-4)}`);
  });
});

describe("a token is not printed", () => {
  const COMMANDS = [
    ["status"],
    ["status", "--all"],
    ["status", "--offline"],
    ["whoami"],
    ["context", "list"],
    ["context", "show"],
    ["context", "current"],
    ["list-context"],
    ["context", "rename", "default", "other"],
    ["use", "other"],
    ["link", "other"],
    ["unlink"],
    ["logout", "other"],
  ];

  test.each([[[]], [["--json"]], [["--debug"]], [["--debug", "--json"]]])(
    "by any other command, with %p",
    async (more) => {
      const { here } = await signedIn();
      for (const args of COMMANDS) {
        const { code, stdout, stderr } = await run([...args, ...more], { home: here, cwd: here.bentoml });
        expect({ args, code }).toEqual({ args, code: 0 });
        expect(stdout + stderr).not.toBe("");
      }
    },
  );

  test.each([[[]], [["--debug"]], [["--json"]]])("by a server error, with %p", async (more) => {
    const plans = [
      { status: 500, body: "<html>" },
      { html: true },
      { reset: true },
      { redirect: "http://elsewhere.test" },
      { status: 403 },
    ];
    for (const plan of plans) {
      const other = await startCloud();
      other.misbehave("GET /api/v1/auth/current", plan as never);
      const args = ["login", "--with-token", "--endpoint", other.url, "--timeout", "0.5", ...more];
      expect((await run(args, { stdin: other.issueToken() })).code).not.toBe(0);
      await other.stop();
    }
  });

  test.each([
    ["pasted instead of a command", (token: string) => [token]],
    ["pasted behind login", (token: string) => ["login", token]],
    ["pasted behind a command that takes none", (token: string) => ["context", "list", token]],
    ["in --timeout", (token: string) => ["status", "--timeout", token]],
    ["in an unknown option", (token: string) => ["login", `--tokne=${token}`]],
    [
      "in the endpoint's user name",
      (token: string) => ["login", "--with-token", "--endpoint", `https://${token}@cloud.test`],
    ],
    [
      "in the endpoint's query",
      (token: string) => ["login", "--with-token", "--endpoint", `https://cloud.test/?t=${token}`],
    ],
    ["with a blank in it", (token: string) => ["login", "--api-token", `${token} x`]],
    ["with a letter beyond ASCII", (token: string) => ["login", "--api-token", `${token}é`]],
  ])("not when it is given in the wrong place: %s", async (_name, args) => {
    for (const more of [[], ["--json"], ["--debug"]]) {
      expect((await run([...args(canary()), ...more])).code).toBe(2);
    }
  });

  test.each(["1", "true", "curl"])("when a variable makes the runtime print requests: %s", async (value) => {
    const { here } = await signedIn();
    for (const args of [["status"], ["whoami", "--json"]]) {
      const result = await run(args, { home: here, env: { BUN_CONFIG_VERBOSE_FETCH: value } });
      expect(result).toMatchObject({ code: 0, stderr: "" });
    }
  });

  test.each([
    ["use", (token: string) => ["use", token]],
    ["context show", (token: string) => ["context", "show", token]],
    ["logout", (token: string) => ["logout", token]],
    ["--context", (token: string) => ["token", "--context", token]],
  ])("not when it is given as a name: %s", async (_name, args) => {
    for (const more of [[], ["--json"], ["--debug"]]) {
      const { code, stderr } = await run([...args(canary()), ...more]);
      expect(code).toBe(3);
      expect(stderr).toContain("there is no context of that name");
    }
  });

  test("when a variable makes the YAML package print its input", async () => {
    const here = home();
    const context = { name: "a", endpoint: "https://x.test", api_token: canary() };
    here.write(JSON.stringify({ contexts: [context], current_context_name: "a" }));
    const env = { LOG_TOKENS: "1", LOG_STREAM: "1" };
    for (const args of [["list-context"], ["context", "rename", "a", "b"]]) {
      const { code, stdout } = await run(args, { home: here, env });
      expect({ code, stdout }).toEqual({ code: 0, stdout: args.length === 1 ? '[\n  "a"\n]\n' : "" });
    }
  });

  test("when the contexts file is broken", async () => {
    const here = home();
    for (const text of [
      `contexts:\n- api_token: "${canary()}\n`,
      `api_token: ${canary()}: x\n`,
      `contexts: ${canary()}\n`,
      `${canary()}\n`,
    ]) {
      here.write(text);
      for (const args of [["token"], ["status", "--json"], ["use", "a", "--debug"]])
        expect((await run(args, { home: here })).code).toBe(6);
    }
  });
});

describe("the password of an endpoint", () => {
  const endpointWith = (password: string) => `https://svc:${password}@127.0.0.1:1/team`;

  function withPassword(): { here: Home; password: string } {
    const here = home();
    const password = quotedCanary().replaceAll(/["'\\$]/g, "-");
    const endpoint = endpointWith(registerCanary(password));
    writeContexts(here, [
      { name: "pw", endpoint },
      { name: "other", endpoint: endpoint.replace(/^https:/, "https:/") },
    ]);
    return { here, password };
  }

  const COMMANDS = [
    "status",
    "status --all",
    "status --offline",
    "whoami",
    "context list",
    "context show",
    "context show --show-token",
    "explain",
    "doctor",
    "doctor --report",
    "api /x",
    "api-token list",
    "api-token rotate",
    "env --shell cmd",
    "exec --check -- true",
    "link",
    "link other",
    "login --with-token",
    "login --with-token --endpoint https://127.0.0.1:1",
    "cloud login --api-token wrong",
    "restore",
    "context rename pw again",
    "use other",
    "logout other",
    "logout --all",
  ];

  test.each([[[]], [["--json"]], [["--debug"]]])("is printed by no command, with %p", async (more) => {
    const { here } = withPassword();
    const cwd = dirname(writeBelow(here.path, "project/x", ""));
    for (const command of COMMANDS) {
      const [words, behind] = command.split(" -- ");
      const args = [...words!.split(" "), ...more, "--timeout", "1", ...(behind ? ["--", behind] : [])];
      const reveals = command.includes("--show-token") && "stdout";
      const { stdout, stderr } = await run(args, { home: here, cwd, stdin: "0123456789abcdefghij", reveals });
      expect(stdout + stderr).not.toBe("");
      expect(findCanaries(stdout + stderr).length > 0).toBe(reveals !== false);
    }
  });

  test("is neither written to .bentorc nor part of a pin", async () => {
    const { here, password } = withPassword();
    const cwd = dirname(writeBelow(here.path, "project/x", ""));
    const options = { home: here, cwd, env: { HTTPS_PROXY: "" } };
    const { code, stdout } = await run(["link", "pw", "--json", "--timeout", "1"], options);
    const file = readFileSync(join(cwd, ".bentorc"), "utf8");
    expect(file).toBe("context=pw\nendpoint=https://127.0.0.1:1/team\n");
    expect({ code, endpoint: JSON.parse(stdout).endpoint }).toEqual({
      code: 0,
      endpoint: "https://127.0.0.1:1/team",
    });
    expect((await run(["token"], { ...options, reveals: "stdout" })).code).toBe(0);
    writeFileSync(join(cwd, ".bentorc"), `endpoint=${endpointWith(password).replace("team", "else")}\n`);
    const { stderr } = await run(["token"], options);
    expect(stderr).toContain('"https://…@127.0.0.1:1/else"');
    expect(stderr).toContain('"https://…@127.0.0.1:1/team"');
    rmSync(join(cwd, ".bentorc"));
  });

  test.each(["env", "current-context", "exec -- env"])("is passed on by %s", async (command) => {
    const { here, password } = withPassword();
    const { stdout } = await run(command.split(" "), { home: here, reveals: "stdout" });
    expect(stdout.includes(endpointWith(password))).toBe(true);
  });
});

test("a token that a server repeats is masked before its quotes are escaped", async () => {
  const evil = await startCloud();
  const real = evil.issueToken();
  const token = quotedCanary();
  const headers = { "X-YATAI-API-TOKEN": real, "User-Agent": "bentocloud/test" };
  const response = await fetch(`${evil.url}/api/v1/api_tokens`, { headers });
  const list = (await response.json()) as { items: object[] };
  evil.misbehave("GET /api/v1/api_tokens", {
    json: { ...list, items: list.items.map((item) => ({ ...item, description: `it is ${token}` })) },
  });
  for (const route of ["GET /api/v1/auth/current", "GET /api/v1/current_org"])
    evil.misbehave(route, { json: { name: `N${token}`, email: token } });
  const here = home();
  writeContexts(here, [{ name: "mine", endpoint: evil.url, token: JSON.stringify(token) }]);
  for (const args of [["api-token", "list"], ["whoami"], ["status"], ["link"]])
    for (const more of [[], ["--json"], ["--debug"]]) {
      const { code, stdout } = await run([...args, ...more], { home: here, cwd: here.bentoml });
      expect({ args, code }).toEqual({ args, code: 0 });
      if (args[0] !== "link") expect(stdout).toContain("****");
    }
  await evil.stop();
});

describe("masking", () => {
  test.each([
    ["abcdefgh", "****"],
    ["abcdefghijk", "****"],
    ["abcdefghijkl", "****ijkl"],
    ["abcdefghijklmnopqrst", "****qrst"],
    ["a".repeat(300), "****aaaa"],
  ])("shows the last 4 characters of 12 or more, otherwise none: %s", async (token, masked) => {
    const here = home();
    here.write(
      `contexts:\n- api_token: ${token}\n  email: null\n  endpoint: https://cloud.test\n  name: default\n`,
    );
    const { stdout } = await run(["status", "--offline", "--json"], { home: here });
    expect(JSON.parse(stdout).token_masked).toBe(masked);
  });
});

describe.skipIf(process.platform !== "linux" || programCommand().length > 1)(
  "a token among the arguments",
  () => {
    const SPELLINGS: [string, (token: string) => string[]][] = [
      ["login", (token) => ["login", "--api-token", token]],
      ["login", (token) => ["login", `--api-token=${token}`]],
      ["cloud login", (token) => ["cloud", "login", "--api-token", token]],
      ["login", (token) => ["--json", "login", "--api-token", token]],
    ];

    const read = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, "latin1");

    test.each(SPELLINGS)("of %s is removed before a request is sent, and works", async (_name, argsWith) => {
      const slow = await startCloud({ delayMs: 400 });
      const token = slow.issueToken();
      const here = home();
      const running = start([...argsWith(token), "--endpoint", slow.url], { home: here });
      await slow.seen("GET /api/v1/auth/current");
      for (const file of ["cmdline", "comm", "environ"])
        expect({ file, found: findCanaries(read(running.pid, file)) }).toEqual({ file, found: [] });
      expect(read(running.pid, "cmdline")).toContain("****");
      const { code } = await running.result;
      expect({ code, stored: here.read().includes(token) }).toEqual({ code: 0, stored: true });
      await slow.stop();
    });

    test.each(["SIGSEGV", "SIGABRT", "SIGBUS"] as const)(
      "appears in no message and no core dump of a crash: %s",
      async (signal) => {
        const slow = await startCloud({ delayMs: 2000 });
        const here = home();
        const command = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", ...programCommand()];
        const args = ["login", "--api-token", slow.issueToken(), "--endpoint", slow.url];
        const running = start(args, { home: here, command });
        await slow.seen("GET /api/v1/auth/current");
        running.kill(signal);
        const { stderr } = await running.result;
        expect(stderr).toContain('"--api-token" "****"');
        expect(here.tree().filter((line) => line.includes("core"))).toEqual([]);
        await slow.stop();
      },
    );

    test.each([
      ["a variable that is not ours", "[]"],
      ["broken JSON", "["],
    ])("is not taken from %s", async (_name, value) => {
      const { code } = await run(["--version"], { env: { __BENTOCLOUD_ARGUMENTS: value } });
      expect(code).toBe(0);
    });
  },
);

describe("processes", () => {
  test.skipIf(process.platform !== "linux")(
    "a token on standard input appears in no argument and no process title",
    async () => {
      const slow = await startCloud({ delayMs: 400 });
      const token = slow.issueToken();
      const running = start(["login", "--with-token", "--endpoint", slow.url], { stdin: token });
      await slow.seen("GET /api/v1/auth/current");
      for (const file of ["cmdline", "comm", "environ"]) {
        expect(readFileSync(`/proc/${running.pid}/${file}`, "latin1").includes(token)).toBe(false);
      }
      expect((await running.result).code).toBe(0);
      await slow.stop();
    },
  );

  test("the browser receives the URL with the code, and none of our variables", async () => {
    const here = home();
    const log = join(here.path, "browser.log");
    const browser = join(here.path, "browser");
    writeFileSync(browser, `#!/bin/sh\nprintf '%s\\n' "$@" >${log}; env >>${log}\n`);
    chmodSync(browser, 0o755);
    await run(LOGIN, { home: here, stdin: cloud.issueToken() });
    const args = ["login", "--web", "--context", "web", "--endpoint", cloud.url];
    const ours = {
      BENTOML_HOME: here.bentoml,
      BENTOML_CLOUD_CONTEXT: "x",
      BENTO_CLOUD_API_ENDPOINT: cloud.url,
    };
    const running = start(args, { home: here, env: { BROWSER: browser, ...ours } });
    await running.waitFor("Approve this sign-in at");
    await cloud.seen("GET /api/v1/auth/code");
    cloud.approve();
    expect((await running.result).code).toBe(0);
    expect(readFileSync(log, "utf8")).toStartWith(`${cloud.url}/api_tokens?code=`);
    expect(readFileSync(log, "utf8")).not.toMatch(/^BENTO/m);
  });

  needs("strace").test("no other command starts a child process", async () => {
    const { here } = await signedIn();
    const args = ["-f", "-qq", "-e", "trace=execve", "-o", join(here.path, "trace"), ...programCommand()];
    for (const words of [["status"], ["token"], ["use", "default"], ["logout"]]) {
      const { code } = await run([...args, ...words], { home: here, command: ["strace"], reveals: true });
      expect(code).toBe(0);
      expect(readFileSync(join(here.path, "trace"), "utf8").match(/execve\(/g)).toHaveLength(1);
    }
  });
});

test("a hostile directory loads nothing into the program", async () => {
  const { here, token } = await signedIn();
  const evil = 'require("node:fs").writeFileSync("owned", "x"); console.log("owned")';
  const files = {
    ".env": "BENTO_CLOUD_API_KEY=stolen-from-dotenv\nBENTOML_CLOUD_CONTEXT=evil\n",
    ".env.local": "BENTO_CLOUD_API_KEY=stolen-from-dotenv\n",
    "bunfig.toml": 'preload = ["./evil.ts"]\n',
    "evil.ts": evil,
    "package.json": '{"bentocloud":{"context":"evil"},"imports":{"#x":"./evil.ts"}}',
    "tsconfig.json": '{"compilerOptions":{"paths":{"*":["./evil.ts"]}}}',
    "bentocloud.config.ts": evil,
    "bentocloud.config.json": '{"choice":{"name":"evil"}}',
    ".bentocloudrc": "choice.name=evil\n",
    ".config/bentocloud.ts": evil,
  };
  for (const [name, text] of Object.entries(files)) await Bun.write(join(here.path, name), text);
  const before = here.tree();
  const result = await run(["token"], { home: here, env: { NODE_ENV: "production" }, reveals: "stdout" });
  expect({ ...result, stdout: result.stdout === `${token}\n` }).toMatchObject({
    code: 0,
    stdout: true,
    stderr: "",
  });
  expect(here.tree()).toEqual(before);
});
