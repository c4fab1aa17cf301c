import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run, start } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { CATCHES_INTERRUPTS, expectOneInterrupt } from "./terminal.ts";
import { until } from "../support/until.ts";

sweepCanaries({ files: ["mounted"] });

const startCloud = cloudsPerTest();

const CURL = 'curl -sS -A python -H "X-YATAI-API-TOKEN: $BENTO_CLOUD_API_KEY" "$BENTO_CLOUD_API_ENDPOINT$1"';

function loginTo(cloud: LocalCloud) {
  const token = cloud.issueToken({ email: "ada@example.test" });
  return { here: homeOf({ name: "mine", endpoint: cloud.url, token }), token };
}

const proxied = (script: string, ...words: string[]) => [
  "exec",
  "--proxy",
  "--",
  "sh",
  "-c",
  script,
  "sh",
  ...words,
];

describe("exec --proxy", () => {
  needs("curl").test("lets the program use the login, and ends with the program", async () => {
    const cloud = await startCloud({ prefix: "/team/a" });
    const { here } = loginTo(cloud);
    const script = `echo "$BENTO_CLOUD_API_ENDPOINT"; ${CURL}`;
    const { code, stdout, stderr } = await run(proxied(script, "/api/v1/auth/current"), { home: here });
    const [endpoint = "", answer = ""] = stdout.split("\n");
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect({ code, email: JSON.parse(answer).email }).toEqual({ code: 0, email: "ada@example.test" });
    expect(stderr).toBe(
      `warning: the program can read the API token in ${here.file}, where it is in plain text\n`,
    );
    expect(await fetch(endpoint).catch(() => "closed")).toBe("closed");
  });

  test("keeps the API token out of the program and its children", async () => {
    const cloud = await startCloud();
    const token = cloud.issueToken();
    const here = homeOf();
    const env = {
      BENTO_CLOUD_API_KEY: token,
      BENTO_CLOUD_API_ENDPOINT: cloud.url,
      COPY_OF_IT: `Bearer ${token}`,
      HTTP_PROXY: "http://proxy.test:3128",
      NO_PROXY: "example.test",
    };
    const show = 'tr "\\0" "\\n" </proc/self/environ; tr "\\0" "\\n" </proc/self/cmdline';
    const { code, stdout, stderr } = await run(proxied(`${show}; sh -c '${show}'`), { home: here, env });
    expect(code).toBe(0);
    expect(stdout).not.toContain(token);
    expect(stdout).toMatch(/^BENTO_CLOUD_API_KEY=[\da-f]{64}$/m);
    expect(stdout).toMatch(/^NO_PROXY=example\.test,127\.0\.0\.1$/m);
    expect(stderr).toBe(
      "warning: these variables hold the API token, so the program does not get them: COPY_OF_IT\n",
    );
  });

  test("warns of the file with the API token, and of no other", async () => {
    const { here, token } = loginTo(await startCloud());
    const BENTO_CLOUD_API_KEY_FILE = writeBelow(here.path, "mounted", canary());
    const inEnvironment = { BENTO_CLOUD_API_KEY_FILE, MINE: token };
    const mounted = await run(proxied("true"), { home: here, env: inEnvironment });
    expect(mounted.stderr).toBe(
      `warning: the program can read the API token in ${BENTO_CLOUD_API_KEY_FILE}, where it is in plain text\n`,
    );
    const move = ["context", "store", "mine", "--to", "command", "--", "printenv", "MINE"];
    expect(await run(move, { home: here, env: { MINE: token } })).toMatchObject({ code: 0 });
    const elsewhere = await run(["--context", "mine", ...proxied("true")], {
      home: here,
      env: inEnvironment,
    });
    expect(elsewhere).toMatchObject({
      code: 0,
      stderr: "warning: these variables hold the API token, so the program does not get them: MINE\n",
    });
  });

  needs("setpriv", "curl", {
    right: "root",
    isGiven: () => process.getuid?.() === 0,
  }).test("hides its own memory and environment from programs of the same user", async () => {
    const cloud = await startCloud();
    const here = homeOf();
    spawnSync("chown", ["-R", "65534", here.path]);
    const env = { BENTO_CLOUD_API_KEY: cloud.issueToken(), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const command = ["setpriv", "--reuid=65534", "--clear-groups", ...programCommand()];
    const script =
      'for file in environ mem maps; do cat "/proc/$PPID/$file" >/dev/null 2>&1 && echo "$file"; done; echo end';
    const { code, stdout } = await run(proxied(script), { home: here, env, command, cwd: "/" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "end\n" });
  });

  needs("curl").test.each([
    [["--proxy"], "/api/v1/api_tokens", "API tokens can be neither seen nor changed through it"],
    [["--proxy"], "/api/v1/auth/code", "signing in and out is not possible through it"],
    [["--proxy", "--read-only"], "/api/v2/deployments -X POST", "it is read-only"],
  ])("%p refuses %s", async (options, request, message) => {
    const cloud = await startCloud();
    const script = CURL.replace('"$BENTO_CLOUD_API_ENDPOINT$1"', `"$BENTO_CLOUD_API_ENDPOINT"${request}`);
    const argv = ["exec", ...options, "--", "sh", "-c", script];
    const { stdout } = await run(argv, { home: loginTo(cloud).here });
    expect(JSON.parse(stdout)).toEqual({ message: `bentocloud proxy: ${message}` });
    expect(cloud.requests).toEqual([]);
  });

  test("refuses an argument that holds the API token, and --read-only alone", async () => {
    const { here, token } = loginTo(await startCloud());
    const held = await run(proxied("true", `x${token}`), { home: here, reveals: true });
    expect(held).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("an argument of the program holds the API token"),
    });
    const alone = await run(["exec", "--read-only", "--", "true"], { home: here });
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining("--read-only is for --proxy") });
  });
});

describe("the end of exec --proxy", () => {
  test.each([0, 1, 7, 255])("is the program's exit code: %i", async (code) => {
    const { here } = loginTo(await startCloud());
    expect((await run(proxied(`exit ${code}`), { home: here })).code).toBe(code);
  });

  test.each(["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"] as const)(
    "is decided by the program: %s",
    async (signal) => {
      const { here } = loginTo(await startCloud());
      const script = `trap 'echo caught; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;
      const running = start(proxied(script), { home: here });
      await running.waitFor("ready");
      running.kill(signal);
      expect(await running.result).toMatchObject({ code: 9, stdout: "ready\ncaught\n" });
    },
  );

  test("a signal that ends the program is 128 and its number", async () => {
    const { here } = loginTo(await startCloud());
    expect((await run(proxied("kill -KILL $$"), { home: here })).code).toBe(137);
    expect((await run(["exec", "--proxy", "--", "no-such-program"], { home: here })).code).toBe(127);
  });

  test("on a terminal, Ctrl-C reaches the program once, and the proxy stays", async () => {
    const { here } = loginTo(await startCloud());
    await expectOneInterrupt(openTerminal(proxied(CATCHES_INTERRUPTS), { home: here }));
  });

  test.skipIf(process.platform !== "linux")(
    "by SIGKILL leaves neither a program nor an open port",
    async () => {
      const { here } = loginTo(await startCloud());
      const running = start(proxied('echo "$$ $BENTO_CLOUD_API_ENDPOINT"; sleep 60; true'), { home: here });
      await running.waitFor("\n");
      const [pid = "", endpoint = ""] = running.stdout.trim().split(" ");
      running.kill("SIGKILL");
      await until("the child has ended", () => !isRunning(pid));
      expect(await fetch(endpoint).catch(() => "closed")).toBe("closed");
    },
  );

  test("leaves no process behind", async () => {
    const { here } = loginTo(await startCloud());
    const mark = `mark-${crypto.randomUUID()}`;
    await run(proxied(`: ${mark}; sh -c 'exit 3'`), { home: here });
    expect(processesWith(here.path)).toEqual([]);
  });

  needs("curl").test("does not wait for a stream that is still open", async () => {
    const cloud = await startCloud();
    cloud.misbehave("GET /api/v2/deployments", { drip: true });
    const { here } = loginTo(cloud);
    const stream = `(${CURL.replace("curl", "curl -N")}) >"$HOME/out" 2>/dev/null &`;
    const script = `${stream} until [ -s "$HOME/out" ]; do sleep 0.05; done; exit 4`;
    const { code } = await run(proxied(script, "/api/v2/deployments"), { home: here });
    expect(code).toBe(4);
  });
});

function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Processes whose environment names this home. */
function processesWith(home: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${home}\0`);
    } catch {
      return false;
    }
  });
}
