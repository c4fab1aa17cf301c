import { dirname, join } from "node:path";
import { describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { write } from "./ours.ts";
import { PYTHON, startPeer, type Fields } from "./peer.ts";

// Deliberate differences from Python bentoml, with the behaviour of both programs.

sweepCanaries();

const started = cloudsPerTest();
const peer = startPeer();

const DEV: Fields = ["dev", "https://dev.test", canary(), null];
const PROD: Fields = ["prod", "https://prod.test", canary(), null];
const FILE = await write(undefined, [DEV, PROD], "prod");

/** The output of `current-context` of both programs. */
async function current(args: string[], env: Record<string, string>) {
  const here = home();
  here.write(FILE);
  const [theirs] = await peer.verbs([{ text: FILE, args: ["cloud", "current-context", ...args], env }]);
  const ours = await run(["cloud", "current-context", ...args], { home: here, env, reveals: "stdout" });
  expect([ours.code, theirs?.code]).toEqual([0, 0]);
  return { ours: JSON.parse(ours.stdout), theirs: JSON.parse(theirs?.stdout ?? ""), stderr: ours.stderr };
}

describe("BENTO_CLOUD_API_KEY", () => {
  test("is overridden by --context, while Python uses it despite the option", async () => {
    const env = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "https://env.test" };
    const { ours, theirs } = await current(["--context", "dev"], env);
    expect([ours.name, ours.endpoint]).toEqual(["dev", "https://dev.test"]);
    expect([theirs.name, theirs.endpoint]).toEqual(["__env__", "https://env.test"]);
  });

  test("counts as unset when it is empty, with a warning, while Python sends an empty token", async () => {
    const { ours, theirs, stderr } = await current([], { BENTO_CLOUD_API_KEY: "" });
    expect(ours.name).toBe("prod");
    expect(stderr).toContain("BENTO_CLOUD_API_KEY");
    expect([theirs.name, theirs.api_token]).toEqual(["__env__", ""]);
  });
});

describe("current-context", () => {
  test("honours --context, which Python accepts and ignores", async () => {
    const { ours, theirs } = await current(["--context", "dev"], {});
    expect([ours.name, theirs.name]).toEqual(["dev", "prod"]);
  });

  test("masks the token on a terminal, while Python shows it", async () => {
    const here = home();
    here.write(FILE);
    const ours = openTerminal(["current-context"], { home: here });
    const theirs = openBentoml(["current-context"], here);
    expect([await ours.exit, await theirs.exit]).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(JSON.parse(ours.screen).api_token).toBe(`****${PROD[2].slice(-4)}`);
    expect(theirs.screen.includes(PROD[2])).toBe(true);
  });
});

describe("login", () => {
  test("--context makes the saved context current, while Python keeps the current one", async () => {
    const cloud = await started();
    const args = ["cloud", "login", "--endpoint", cloud.url, "--context", "new", "--api-token"];
    const [theirs] = await peer.verbs([{ text: FILE, args: [...args, cloud.issueToken()] }]);
    expect(theirs?.code).toBe(0);
    expect(theirs?.text).toMatch(/^ {2}name: new\ncurrent_context_name: prod$/m);
    const here = home();
    here.write(FILE);
    expect(await run([...args, cloud.issueToken()], { home: here })).toMatchObject({ code: 0 });
    expect(here.read()).toMatch(/^current_context_name: new$/m);
  });

  const USER = "GET /api/v1/auth/current";
  const answers: [what: string, plan: (cloud: LocalCloud) => Plan][] = [
    [
      "any answer of success, where Python knows only 200",
      () => ({ status: 201, body: { name: "ada", email: "ada@example.test" } }),
    ],
    [
      "a redirect within the server, where Python follows none",
      () => ({ redirect: "/api/v1/auth/current?again", status: 307 }),
    ],
  ];
  test.each(answers)("accepts %s", async (_what, plan) => {
    const cloud = await started();
    cloud.misbehave(USER, plan(cloud), { times: 1 });
    const args = ["cloud", "login", "--endpoint", cloud.url, "--api-token"];
    const [theirs] = await peer.verbs([{ text: null, args: [...args, cloud.issueToken()] }]);
    expect(theirs?.code).toBe(1);
    cloud.misbehave(USER, plan(cloud), { times: 1 });
    expect(await run([...args, cloud.issueToken()])).toMatchObject({ code: 0 });
  });
});

const POLL = "GET /api/v1/auth/token";

describe("a sign-in by browser", () => {
  test("ends when its code has expired, while Python polls for ever", async () => {
    const cloud = await started();
    cloud.misbehave(POLL, { status: 410, body: { message: "code expired" } });
    const ours = run(["login", "--web", "--no-browser", "--endpoint", cloud.url], { home: home() });
    expect(await ours).toMatchObject({ code: 5, stderr: expect.stringContaining("no longer valid") });
    const asked = cloud.requests.length;
    const theirs = await beginSignIn(cloud);
    await cloud.seen(POLL, asked + 2, 20_000);
    theirs.kill();
    expect(await theirs.exit).toMatchObject({ signal: "SIGTERM" });
  });

  test("survives a lost connection while it waits, while Python exits and loses the code", async () => {
    const cloud = await started();
    cloud.misbehave(POLL, { reset: true }, { times: 1 });
    const theirs = await beginSignIn(cloud);
    expect(await theirs.exit).toMatchObject({ code: 1 });
    cloud.misbehave(POLL, { reset: true }, { times: 1 });
    const ours = run(["login", "--web", "--no-browser", "--endpoint", cloud.url], { home: home() });
    await cloud.seen(POLL, 2);
    cloud.approve();
    expect(await ours).toMatchObject({ code: 0 });
  });
});

function openBentoml(args: string[], here = home()) {
  return openTerminal(["cloud", ...args], {
    home: here,
    reveals: true,
    command: [join(dirname(PYTHON), "bentoml")],
    env: { BENTOML_DO_NOT_TRACK: "True", NO_COLOR: "1", BROWSER: "true" },
  });
}

/** Answers Python's menu and question with Enter. Python discards input that is typed before it waits for it. */
async function beginSignIn(cloud: LocalCloud) {
  const terminal = openBentoml(["login", "--endpoint", cloud.url]);
  await terminal.waitFor("How would you like", 20_000);
  for (let tries = 0; tries < 30 && !terminal.screen.includes("Waiting for authentication"); tries += 1) {
    terminal.press("enter");
    await terminal.waitFor("Waiting for authentication", 300).catch(() => {});
  }
  return terminal;
}
