import { afterEach, describe, expect, test } from "bun:test";
import { beginSignIn } from "../../src/cloud/browser-login.ts";
import { createClient } from "../../src/cloud/client.ts";
import { CliError } from "../../src/errors.ts";
import { startCloud, type LocalCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const clouds: LocalCloud[] = [];

afterEach(async () => {
  const used = clouds.splice(0);
  await Promise.all(used.map((cloud) => cloud.stop()));
  for (const cloud of used) cloud.verify();
});

async function started(options?: Parameters<typeof startCloud>[0]): Promise<LocalCloud> {
  const cloud = await startCloud(options);
  clouds.push(cloud);
  return cloud;
}

const CODE = "GET /api/v1/auth/code";
const POLL = "GET /api/v1/auth/token";
const traces: string[] = [];

function begin(cloud: LocalCloud, signal = new AbortController().signal) {
  const debug = (text: string) => void traces.push(text);
  return beginSignIn(
    createClient({ endpoint: cloud.url, timeoutMs: 5000, signal, insecureHttp: false, env: {}, debug }),
  );
}

/** Short pauses, so that a test lasts milliseconds. */
const quick = () => ({ signal: new AbortController().signal, firstDelayMs: 2, deadlineMs: 5000 });

async function errorOf(promise: Promise<unknown>): Promise<CliError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CliError)) throw new Error(`expected a CliError, not ${String(error)}`);
  return error;
}

describe("beginSignIn", () => {
  test("builds the address from the endpoint, its prefix and the code", async () => {
    const cloud = await started({ prefix: "/team/a" });
    const { url } = await begin(cloud);
    expect(url.href).toBe(`${cloud.url}/api_tokens?code=${cloud.codes[0]}`);
  });

  test("ignores an address that the server sends", async () => {
    const cloud = await started();
    cloud.misbehave(CODE, {
      json: { code: "abc", url: "https://evil.test", verification_uri: "file:///etc" },
    });
    expect((await begin(cloud)).url.href).toBe(`${cloud.url}/api_tokens?code=abc`);
  });

  test.each<[string, Plan]>([
    ["no code", { json: {} }],
    ["an empty code", { json: { code: "" } }],
    ["a code that is not a text", { json: { code: 7 } }],
    ["a code of 1,025 characters", { json: { code: "x".repeat(1025) } }],
    ["null", { json: null }],
    ["404 without a sentence", { status: 404 }],
    ["401", { status: 401, body: { message: "no" } }],
    ["403", { status: 403, body: { message: "username in cookie is empty" } }],
    ["a web page", { html: true }],
  ])("%s: the server has no browser sign-in", async (_, plan) => {
    const cloud = await started();
    cloud.misbehave(CODE, plan);
    expect((await errorOf(begin(cloud))).code).toBe("NOT_BENTOCLOUD");
  });

  test.each<[string, Plan, string]>([
    ["500 every time", { status: 500, body: { error: "boom" } }, "API_500"],
    ["a redirect elsewhere", { redirect: "https://evil.test/" }, "HOST_MISMATCH"],
  ])("%s: reported as that failure", async (_, plan, code) => {
    const cloud = await started();
    cloud.misbehave(CODE, plan);
    expect((await errorOf(begin(cloud))).code).toBe(code as CliError["code"]);
  });
});

describe("wait", () => {
  test("returns the token after the approval, and sends only the code", async () => {
    const cloud = await started();
    const { wait } = await begin(cloud);
    const [code] = cloud.codes;
    const waiting = wait(quick());
    await cloud.seen(POLL, 2);
    const token = cloud.approve();
    expect((await waiting).reveal()).toBe(token);
    const polls = cloud.requests.filter(({ route }) => route === POLL);
    expect(new Set(polls.map(({ query }) => JSON.stringify(query)))).toEqual(
      new Set([JSON.stringify({ code })]),
    );
    expect(traces.join("\n")).not.toContain(code!);
  });

  test.each<[string, Plan]>([
    ["a reset connection", { reset: true }],
    ["500", { status: 500, body: { error: "boom" } }],
    ["502 as a web page", { status: 502, body: "<html>bad gateway</html>" }],
    ["429", { status: 429, body: { error: "slow down" } }],
    ["403 before the approval", { status: 403, body: { message: "not yet" } }],
    ["400 before the approval", { status: 400, body: { error: "pending" } }],
    ["404 without a body", { status: 404 }],
  ])("survives %s", async (_, plan) => {
    const cloud = await started();
    const { wait } = await begin(cloud);
    cloud.misbehave(POLL, plan, { times: 2 });
    const token = cloud.approve();
    cloud.expect(POLL, 3);
    expect((await wait(quick())).reveal()).toBe(token);
  });

  test("survives a server that is down for a while", async () => {
    const cloud = await started();
    const { wait } = await begin(cloud);
    await cloud.stop();
    let ticks = 0;
    const back = Promise.withResolvers<LocalCloud>();
    const waiting = wait({
      ...quick(),
      onTick: () => {
        ticks += 1;
        if (ticks === 3) void started({ port: cloud.port }).then(back.resolve, back.reject);
      },
    });
    const token = canary();
    (await back.promise).misbehave(POLL, { json: { token } });
    expect((await waiting).reveal()).toBe(token);
  });

  test("trims the token", async () => {
    const cloud = await started();
    const { wait } = await begin(cloud);
    const token = canary();
    cloud.misbehave(POLL, { json: { token: ` ${token}\n` } });
    expect((await wait(quick())).reveal()).toBe(token);
  });

  test.each<[string, Plan]>([
    ["no token", { json: {} }],
    ["an empty token", { json: { token: "" } }],
    ["a blank token", { json: { token: "  " } }],
    ["a token that is not a text", { json: { token: 7 } }],
    ["a token with a line end inside", { json: { token: `${canary()}\nx` } }],
    ["a token beyond ASCII", { json: { token: `${canary()}é` } }],
    ["nothing", { status: 204 }],
    ["a web page", { html: true }],
    ["broken JSON", { brokenJson: true }],
  ])("a success with %s is an error that does not print the answer", async (_, plan) => {
    const cloud = await started();
    const { wait } = await begin(cloud);
    cloud.misbehave(POLL, plan);
    cloud.expect(POLL, 1);
    const error = await errorOf(wait(quick()));
    expect(error.code).toBe("NOT_BENTOCLOUD");
    expect(error.message).not.toContain("canari");
  });

  test("follows no redirect to another server", async () => {
    const [cloud, other] = [await started(), await started()];
    const { wait } = await begin(cloud);
    cloud.misbehave(POLL, { redirect: `${other.url}/api/v1/auth/token?code=x` });
    expect((await errorOf(wait(quick()))).code).toBe("HOST_MISMATCH");
    expect(other.requests).toEqual([]);
  });

  test("ends with TIMEOUT when nobody approves before the deadline", async () => {
    const cloud = await started();
    const { wait } = await begin(cloud);
    const left: number[] = [];
    const error = await errorOf(
      wait({ ...quick(), deadlineMs: 300, onTick: (leftMs) => void left.push(leftMs) }),
    );
    expect(error).toMatchObject({ code: "TIMEOUT", exitCode: 5, hint: "run the command again" });
    expect(left.length).toBeGreaterThan(1);
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    expect(left.every((ms) => ms > 0 && ms <= 300)).toBe(true);
  });

  test("waits as long as Retry-After says, with one last request at the deadline", async () => {
    const cloud = await started();
    const { wait } = await begin(cloud);
    cloud.misbehave(POLL, { status: 429, headers: { "retry-after": "3600" } });
    cloud.expect(POLL, 2);
    const error = await errorOf(wait({ ...quick(), deadlineMs: 60 }));
    expect(error.code).toBe("TIMEOUT");
  });

  test.each([
    ["in a pause", 60_000, 0],
    ["in a request", 1, 1],
  ])("is cancelled %s", async (_, firstDelayMs, requests) => {
    const cloud = await started();
    const controller = new AbortController();
    const { wait } = await begin(cloud, controller.signal);
    if (requests > 0) cloud.misbehave(POLL, { drip: true });
    const waiting = errorOf(wait({ signal: controller.signal, firstDelayMs, deadlineMs: 90_000 }));
    if (requests > 0) await cloud.seen(POLL);
    controller.abort();
    expect((await waiting).code).toBe("CANCELLED");
    cloud.expect(POLL, requests);
  });
});
