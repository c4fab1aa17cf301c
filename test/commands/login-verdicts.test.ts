import { describe, expect, test } from "bun:test";
import { home, run, start } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const started = cloudsPerTest();

const ME = "GET /api/v1/auth/current";
const ORGANIZATION = "GET /api/v1/current_org";
const DIALECTS = ["bentocloud", "yatai"] as const;

interface Failure {
  code: string;
  message: string;
  hint: string;
  exit_code: number;
}

/** The error of a login that fails. Checks that nothing was written, and that exit code and JSON agree. */
async function failure(cloud: LocalCloud, token: string, flags: string[] = []): Promise<Failure> {
  const place = home();
  place.write(
    `contexts:\n- api_token: ${canary()}\n  endpoint: ${cloud.url}\n  name: old\ncurrent_context_name: old\n`,
  );
  const before = [place.tree(), place.read()];
  const argv = ["login", "--endpoint", cloud.url, "--with-token", "--context", "new", ...flags];
  const { code, stdout, stderr } = await run([...argv, "--json"], { home: place, stdin: token });
  const { error } = JSON.parse(stderr) as { error: Failure };
  expect({ stdout, code }).toEqual({ stdout: "", code: error.exit_code });
  expect([place.tree(), place.read()]).toEqual(before);
  return error;
}

describe("login: a token that the server refuses", () => {
  interface Case {
    token: (cloud: LocalCloud) => string;
    code: string;
    message: string;
  }
  const revoked = (cloud: LocalCloud) => {
    const token = cloud.issueToken();
    cloud.revoke(token);
    return token;
  };
  const withoutOrganization = (cloud: LocalCloud) => {
    cloud.addUser({ email: "new@example.test", organization: null });
    return cloud.issueToken({ email: "new@example.test" });
  };
  const cases: [string, Case][] = [
    ["unknown", { token: canary, code: "TOKEN_REJECTED", message: "does not accept the API token" }],
    ["revoked", { token: revoked, code: "TOKEN_REJECTED", message: "record not found" }],
    [
      "expired",
      {
        token: (cloud) => cloud.issueToken({ expiresAt: "2020-01-01T00:00:00Z" }),
        code: "TOKEN_EXPIRED",
        message: "has expired",
      },
    ],
    [
      "without the scope to see its organization",
      {
        token: (cloud) => cloud.issueToken({ scopes: ["read_cluster"] }),
        code: "FORBIDDEN",
        message: "need the scopes: read_organization",
      },
    ],
    [
      "of a user without an organization",
      { token: withoutOrganization, code: "FORBIDDEN", message: "in no organization" },
    ],
    [
      "of a component",
      {
        token: () => `${canary()}:cluster:${canary()}`,
        code: "TOKEN_REJECTED",
        message: "failed to get cluster",
      },
    ],
  ];
  test.each(DIALECTS.flatMap((dialect) => cases.map(([name, one]) => [dialect, name, one] as const)))(
    "%s: %s",
    async (dialect, _, { token, code, message }) => {
      const cloud = await started({ dialect });
      const error = await failure(cloud, token(cloud));
      expect(error).toMatchObject({ code, exit_code: 4 });
      expect(error.message).toContain(message);
      expect(error.hint).toContain(
        code === "FORBIDDEN" && message.includes("no organization")
          ? "administrator"
          : `${cloud.url}/api_tokens`,
      );
    },
  );

  test("yatai: one that was created with null scopes makes the server drop the connection", async () => {
    const cloud = await started({ dialect: "yatai" });
    const error = await failure(cloud, cloud.issueToken({ scopes: null }));
    expect(error).toMatchObject({ code: "FORBIDDEN", exit_code: 4 });
    expect(error.hint).toContain('scope "api"');
  });

  test("prints two lines for people", async () => {
    const cloud = await started();
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    const { code, stdout, stderr } = await run(argv, { stdin: canary() });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toBe(
      `error: ${cloud.url} does not accept the API token: get api token: record not found\n` +
        `hint: make an API token at ${cloud.url}/api_tokens and sign in with it (bentocloud login)\n`,
    );
  });

  test("masks a token that the server repeats", async () => {
    const cloud = await started();
    const token = canary();
    cloud.misbehave(ME, { status: 401, body: { message: `no such token: ${token}` } });
    expect((await failure(cloud, token)).message).toContain("no such token: ****");
  });
});

describe("login: an answer that does not come from BentoCloud", () => {
  test.each<[string, Plan, string, number]>([
    ["a web page", { html: true }, "NOT_BENTOCLOUD", 5],
    ["broken JSON", { brokenJson: true }, "NOT_BENTOCLOUD", 5],
    ["an empty 200", { status: 200 }, "NOT_BENTOCLOUD", 5],
    ["an empty 204", { status: 204 }, "NOT_BENTOCLOUD", 5],
    ["JSON of another shape", { json: { hello: "world" } }, "NOT_BENTOCLOUD", 5],
    ["a JSON list", { json: [] }, "NOT_BENTOCLOUD", 5],
    ["a JSON null", { json: null }, "NOT_BENTOCLOUD", 5],
    ["a name that is no text", { json: { name: 7, email: 7 } }, "NOT_BENTOCLOUD", 5],
    ["404 as JSON", { status: 404, body: { message: "not found" } }, "NOT_BENTOCLOUD", 5],
    ["404 as a web page", { status: 404, body: "<html>nothing here</html>" }, "NOT_BENTOCLOUD", 5],
    ["403 as a web page", { status: 403, body: "<html>blocked</html>" }, "NOT_BENTOCLOUD", 5],
    ["more than 10 MiB", { hugeBytes: 11 * 1024 * 1024 }, "NOT_BENTOCLOUD", 5],
    ["418", { status: 418, body: { error: "teapot" } }, "API_418", 5],
    ["400 without a known sentence", { status: 400, body: { error: "odd" } }, "API_400", 5],
    ["a redirect elsewhere", { redirect: "https://elsewhere.test/login" }, "HOST_MISMATCH", 4],
  ])("%s", async (_, plan, code, exit) => {
    const cloud = await started();
    cloud.misbehave(ME, plan);
    expect(await failure(cloud, cloud.issueToken())).toMatchObject({ code, exit_code: exit });
  });

  test("names the target of a redirect, and sends nothing there", async () => {
    const [cloud, other] = [await started(), await started()];
    cloud.misbehave(ME, { redirect: `${other.url}/api/v1/auth/current` });
    const error = await failure(cloud, cloud.issueToken());
    expect(error.message).toContain(`redirects to ${other.url}/api/v1/auth/current`);
    expect(other.requests).toEqual([]);
  });
});

describe("login: a server in trouble", () => {
  test.each([500, 502, 503, 408])("%d: tries again, then succeeds", async (status) => {
    const cloud = await started();
    cloud.misbehave(ME, { status, body: { error: "boom" } }, { times: 2 });
    cloud.expect(ME, 3);
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    expect((await run(argv, { stdin: cloud.issueToken() })).code).toBe(0);
  });

  test("500 for good: gives up after four requests and repeats what the server says", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { status: 500, body: { error: "the database is away" } });
    cloud.expect(ME, 4);
    const error = await failure(cloud, cloud.issueToken());
    expect(error).toMatchObject({ code: "API_500", exit_code: 5 });
    expect(error.message).toContain("HTTP 500: the database is away");
  });

  test("429: waits as long as Retry-After asks, then succeeds", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { status: 429, headers: { "retry-after": "1" } }, { times: 1 });
    cloud.expect(ME, 2);
    const argv = ["login", "--endpoint", cloud.url, "--with-token", "--debug"];
    const { code, stderr } = await run(argv, { stdin: cloud.issueToken() });
    expect(code).toBe(0);
    expect(stderr).toContain("trying again in 1000 ms");
  });

  test("429: does not wait for a Retry-After beyond --timeout", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { status: 429, headers: { "retry-after": "3600" } });
    cloud.expect(ME, 1);
    expect(await failure(cloud, cloud.issueToken())).toMatchObject({ code: "API_429", exit_code: 5 });
  });

  test("connection reset once: tries again, then succeeds", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { reset: true }, { times: 1 });
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    expect((await run(argv, { stdin: cloud.issueToken() })).code).toBe(0);
  });

  test("connection reset for good: unreachable", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { reset: true });
    const error = await failure(cloud, cloud.issueToken());
    expect(error).toMatchObject({ code: "UNREACHABLE", exit_code: 5 });
    expect(error.message).toContain("it closed the connection");
  });

  test("connection refused: unreachable", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    await cloud.stop();
    const error = await failure(cloud, token);
    expect(error).toMatchObject({ code: "UNREACHABLE", exit_code: 5 });
    expect(error.message).toContain("nothing listens there");
  });

  test.each([
    [ME, { delayMs: 60_000 } as Plan],
    [ORGANIZATION, { delayMs: 60_000 } as Plan],
    [ME, { drip: true } as Plan],
  ])("%s %j: a time-out after --timeout", async (route, plan) => {
    const cloud = await started();
    cloud.misbehave(route, plan);
    const error = await failure(cloud, cloud.issueToken(), ["--timeout", "0.3"]);
    expect(error).toMatchObject({ code: "TIMEOUT", exit_code: 5 });
    expect(error.message).toBe(`${cloud.url} did not answer within 0.3 s`);
    expect(error.hint).toContain("--timeout");
  });

  test.each(["0", "-1", "soon", "1e3", "90000"])("refuses --timeout=%s", async (seconds) => {
    const { code, stderr } = await run(["login", "--with-token", `--timeout=${seconds}`], {
      stdin: canary(),
    });
    expect(code).toBe(2);
    expect(stderr).toContain("error: --timeout takes a number of seconds");
  });

  test("Ctrl-C while it waits for the server: 130, and nothing is written", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { drip: true });
    const place = home();
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    const running = start(argv, { home: place, stdin: cloud.issueToken() });
    await cloud.seen(ME);
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({
      code: 130,
      stdout: "",
      stderr: "error: cancelled; nothing was changed\n",
    });
    expect(place.tree()).toEqual([]);
  });
});
