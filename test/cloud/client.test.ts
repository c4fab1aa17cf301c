import { afterEach, describe, expect, test } from "bun:test";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { home, run } from "../support/bin.ts";
import { startCloud, type CloudOptions, type LocalCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const USER = "GET /api/v1/auth/current";
const ORGANIZATION = "GET /api/v1/current_org";
const MIB = 1024 * 1024;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function cloudOf(options: CloudOptions = {}): Promise<LocalCloud> {
  const cloud = await startCloud(options);
  stops.push(() => cloud.stop());
  return cloud;
}

/** Signs in, which is the shortest command that sends a token. */
async function signIn(cloud: LocalCloud, args: string[] = [], endpoint = cloud.url) {
  const here = home();
  const stdin = cloud.issueToken();
  const result = await run(["login", "--with-token", "--json", "--endpoint", endpoint, ...args], {
    home: here,
    stdin,
  });
  const error = result.code === 0 ? undefined : (JSON.parse(result.stderr).error as Failure);
  if (result.code !== 0)
    expect({ stdout: result.stdout, files: here.tree() }).toEqual({ stdout: "", files: [] });
  return { code: result.code, error, stdin, home: here };
}

interface Failure {
  code: string;
  message: string;
  hint: string;
}

/** A server that refuses every request and records it. */
async function startTrap() {
  const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("requests", () => {
  test("carry the token in X-YATAI-API-TOKEN, and name and version in User-Agent", async () => {
    const cloud = await cloudOf();
    const { code, stdin } = await signIn(cloud);
    expect(code).toBe(0);
    const version = (await run(["--version"])).stdout.trim().replace(" ", "/");
    for (const { headers } of cloud.requests) {
      expect(headers["x-yatai-api-token"] === stdin).toBe(true);
      expect(headers["user-agent"]).toBe(version);
      expect(headers["authorization"] ?? headers["cookie"]).toBeUndefined();
    }
    expect(cloud.requests.map(({ route }) => route).toSorted()).toEqual([USER, ORGANIZATION]);
    cloud.verify();
  });

  test.each([
    ["", ""],
    ["/", ""],
    ["/team/a", "/team/a"],
    ["/team/a///", "/team/a"],
  ])("keep the endpoint's path prefix: %p", async (written, prefix) => {
    const cloud = await cloudOf({ prefix });
    const { code, home: here } = await signIn(cloud, [], cloud.url.replace(prefix, "") + written);
    expect(code).toBe(0);
    expect(here.read()).toContain(`endpoint: ${cloud.url}\n`);
    cloud.verify();
  });
});

describe("redirects", () => {
  test.each([301, 302, 303, 307, 308])(
    "%i under the own prefix is followed, with the token",
    async (status) => {
      const cloud = await cloudOf({ prefix: "/p" });
      cloud.misbehave(USER, { redirect: "/p/api/v1/auth/current?again", status }, { times: 1 });
      expect((await signIn(cloud)).code).toBe(0);
      cloud.expect(USER, 2);
      cloud.verify();
    },
  );

  test("to another port send nothing there and name the target", async () => {
    const cloud = await cloudOf();
    const trap = await startTrap();
    cloud.misbehave(USER, { redirect: `${trap.url}/steal?x=1` });
    const { code, error } = await signIn(cloud);
    expect({ code, error: error?.code, seen: trap.seen }).toEqual({
      code: 4,
      error: "HOST_MISMATCH",
      seen: [],
    });
    expect(error?.message).toContain(`redirects to ${trap.url}/steal;`);
    expect(error?.hint).toContain("new address as --endpoint");
  });

  test("are followed a few times only", async () => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, { redirect: "/api/v1/auth/current" });
    expect(await signIn(cloud)).toMatchObject({ code: 5, error: { code: "NOT_BENTOCLOUD" } });
    expect(cloud.requests.length).toBeLessThan(10);
  });

  test("with a token in their target do not print it", async () => {
    const cloud = await cloudOf();
    const here = home();
    const stdin = cloud.issueToken();
    cloud.misbehave(USER, { redirect: `http://elsewhere.test/${stdin}?token=${stdin}` });
    const result = await run(["login", "--with-token", "--debug", "--endpoint", cloud.url], {
      home: here,
      stdin,
    });
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(`http://elsewhere.test/****${stdin.slice(-4)};`);
  });
});

describe("retries", () => {
  test.each([408, 429, 500, 501, 503, 520, 524, 530])(
    "a safe request is retried after %i",
    async (status) => {
      const cloud = await cloudOf();
      cloud.misbehave(USER, { status }, { times: 1 });
      expect((await signIn(cloud)).code).toBe(0);
      cloud.expect(USER, 2);
      cloud.verify();
    },
  );

  test("a safe request is retried after a lost connection", async () => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, { reset: true }, { times: 1 });
    expect((await signIn(cloud)).code).toBe(0);
    cloud.verify();
  });

  test.each([400, 401, 403, 404, 407, 409])("%i is not retried", async (status) => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, { status, body: { message: "no" } });
    expect((await signIn(cloud)).code).not.toBe(0);
    cloud.expect(USER, 1);
    cloud.verify();
  });

  test("stop after a few attempts", async () => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, { status: 503, body: { message: "in maintenance" } });
    const { code, error } = await signIn(cloud);
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "API_503" });
    expect(error?.message).toContain("in maintenance");
    cloud.expect(USER, 4);
    cloud.verify();
  });

  test.each([
    ["seconds", () => "1"],
    ["a date", () => new Date(Date.now() + 1500).toUTCString()],
    ["a date in the past", () => new Date(0).toUTCString()],
    ["a negative number", () => "-5"],
    ["nonsense", () => "soon"],
  ])("understand Retry-After as %s", async (_name, value) => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, { status: 429, headers: { "retry-after": value() } }, { times: 1 });
    expect((await signIn(cloud)).code).toBe(0);
    cloud.expect(USER, 2);
    cloud.verify();
  });

  test.each([
    ["seconds", () => "3600"],
    ["a date", () => new Date(Date.now() + 3_600_000).toUTCString()],
  ])("do not wait for a Retry-After beyond the deadline, in %s", async (_name, value) => {
    const cloud = await cloudOf();
    const plan = { status: 429, headers: { "retry-after": value() }, body: { message: "too many requests" } };
    cloud.misbehave(USER, plan);
    const { code, error } = await signIn(cloud);
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "API_429" });
    expect(error?.message).toContain("too many requests");
    cloud.expect(USER, 1);
    cloud.verify();
  });
});

describe("answers that are slow or large", () => {
  test.each([
    ["late", { delayMs: 60_000 }],
    ["one byte at a time", { drip: true }],
  ] as const)("%s: --timeout ends the wait", async (_name, plan) => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, plan);
    const { code, error } = await signIn(cloud, ["--timeout", "0.4"]);
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "TIMEOUT" });
    expect(error?.message).toContain(`${cloud.url} did not answer within 0.4 s`);
    expect(error?.hint).toContain("--timeout");
  });

  test("--timeout covers all attempts together", async () => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, { status: 503 }, { times: 1 });
    cloud.misbehave(USER, { delayMs: 60_000 });
    expect(await signIn(cloud, ["--timeout", "1"])).toMatchObject({ code: 5, error: { code: "TIMEOUT" } });
    cloud.expect(USER, 2);
    cloud.verify();
  });

  test("more than 10 MiB is an error, without a retry", async () => {
    const cloud = await cloudOf();
    cloud.misbehave(USER, { hugeBytes: 64 * MIB });
    const { code, error } = await signIn(cloud);
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "NOT_BENTOCLOUD" });
    expect(error?.message).toContain("more than 10 MiB");
    cloud.expect(USER, 1);
    cloud.verify();
  });

  test("almost 10 MiB are read", async () => {
    const cloud = await cloudOf();
    cloud.misbehave(ORGANIZATION, { hugeBytes: 10 * MIB - 1 });
    expect((await signIn(cloud)).code).toBe(0);
  });

  test("no compression is requested, because a small answer could grow", async () => {
    const bomb = gzipSync(Buffer.alloc(128 * MIB, " "));
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" }).end(bomb);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(() => server.close());
    const cloud = await cloudOf();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, error } = await signIn(cloud, [], url);
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "NOT_BENTOCLOUD" });
    expect(error?.message).toContain("in a compression that was not asked for");
  });

  test.each(["gzip", "br", "zstd"])(
    "an answer that only claims to be %s is one error of ours",
    async (encoding) => {
      const cloud = await cloudOf();
      cloud.misbehave(USER, {
        status: 200,
        body: "not compressed",
        headers: { "content-encoding": encoding },
      });
      const { code, error } = await signIn(cloud);
      expect({ code, error: error?.code }).toEqual({ code: 5, error: "NOT_BENTOCLOUD" });
    },
  );
});

test("a refused connection is UNREACHABLE, and the error says why", async () => {
  const cloud = await cloudOf();
  await cloud.stop();
  const { code, error } = await signIn(cloud, ["--timeout", "1"]);
  expect({ code, error: error?.code }).toEqual({ code: 5, error: "UNREACHABLE" });
  expect(error?.message).toBe(`${cloud.url} cannot be reached: nothing listens there`);
});
