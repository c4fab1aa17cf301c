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
  const revoked = (cloud: LocalCloud) => {
    const token = cloud.issueToken();
    cloud.revoke(token);
    return token;
  };
  const withoutOrganization = (cloud: LocalCloud) => {
    cloud.addUser({ email: "new@example.test", organization: null });
    return cloud.issueToken({ email: "new@example.test" });
  };
  const expired = (cloud: LocalCloud) => cloud.issueToken({ expiresAt: "2020-01-01T00:00:00Z" });
  const narrow = (cloud: LocalCloud) => cloud.issueToken({ scopes: ["read_cluster"] });
  type Make = (cloud: LocalCloud) => string;
  const cases: [what: string, make: Make, code: string, says: string, hint?: string][] = [
    ["unknown", canary, "TOKEN_REJECTED", "does not accept the API token"],
    ["revoked", revoked, "TOKEN_REJECTED", "record not found"],
    ["expired", expired, "TOKEN_EXPIRED", "has expired"],
    ["without a scope", narrow, "FORBIDDEN", "need the scopes: read_org", '"api" or "read_organization"'],
    ["without an organization", withoutOrganization, "FORBIDDEN", "in no organization", "administrator"],
    ["of a component", () => `${canary()}:c:${canary()}`, "TOKEN_REJECTED", "failed to get cluster"],
  ];
  test.each(
    DIALECTS.flatMap((dialect) =>
      cases.map(
        ([what, make, code, says, hint = "URL/api_tokens"]) =>
          [dialect, what, make, code, says, hint] as const,
      ),
    ),
  )("%s: %s", async (dialect, _what, make, code, says, hint) => {
    const cloud = await started({ dialect });
    const error = await failure(cloud, make(cloud));
    expect(error).toMatchObject({ code, exit_code: 4 });
    expect(error.message).toContain(says);
    expect(error.hint).toContain(hint.replace("URL", cloud.url));
  });

  test("yatai: one that was created with null scopes makes the server drop the connection", async () => {
    const cloud = await started({ dialect: "yatai" });
    const error = await failure(cloud, cloud.issueToken({ scopes: null }));
    expect(error).toMatchObject({ code: "FORBIDDEN", exit_code: 4 });
    expect(error.hint).toMatch(/may have been made without scopes.*scope "api"|scope "api".*without scopes/);
  });

  test("prints two lines for people", async () => {
    const cloud = await started();
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    const { code, stdout, stderr } = await run(argv, { stdin: canary() });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toBe(
      `error: ${cloud.url} does not accept the API token: get api token: record not found\n` +
        `hint: make another API token at ${cloud.url}/api_tokens\n`,
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
  test.each<[string, Plan, string]>([
    ["a web page", { html: true }, "a web page"],
    ["broken JSON", { brokenJson: true }, "no JSON"],
    ["words", { status: 200, body: "OK" }, "no JSON"],
    ["an empty 200", { status: 200 }, "nothing"],
    ["an empty 204", { status: 204 }, "nothing"],
    ["JSON of another shape", { json: { hello: "world" } }, "another shape"],
    ["a JSON list", { json: [{ name: "me" }] }, "another shape"],
    ["a JSON null", { json: null }, "another shape"],
    ["a name that is no text", { json: { name: 7, email: "me@example.test" } }, "another shape"],
    ["an inherited key", { json: { constructor: { name: "me" } } }, "another shape"],
    ["401 as a web page", { status: 401, body: "<!doctype html>" }, "a web page"],
    ["403 as a web page", { status: 403, body: "\n <html>" }, "a web page"],
    ["404 as JSON", { status: 404, body: { message: "not found" } }, "404"],
    ["404 as a web page", { status: 404, body: "<html>nothing here</html>" }, "a web page"],
  ])("%s", async (_what, plan, says) => {
    const cloud = await started();
    cloud.misbehave(ME, plan);
    const error = await failure(cloud, cloud.issueToken());
    expect(error).toMatchObject({ code: "NOT_BENTOCLOUD", exit_code: 5 });
    expect(error.message).toStartWith(`${cloud.url} is not BentoCloud: it answers with `);
    expect(error.message).toContain(says);
  });

  test("a web page instead of the organization", async () => {
    const cloud = await started();
    cloud.misbehave(ORGANIZATION, { html: true });
    expect(await failure(cloud, cloud.issueToken())).toMatchObject({ code: "NOT_BENTOCLOUD", exit_code: 5 });
  });

  test("names the target of a redirect, and sends nothing there", async () => {
    const [cloud, other] = [await started(), await started()];
    cloud.misbehave(ME, { redirect: `${other.url}/api/v1/auth/current` });
    const error = await failure(cloud, cloud.issueToken());
    expect(error).toMatchObject({ code: "HOST_MISMATCH", exit_code: 4 });
    expect(error.message).toContain(`redirects to ${other.url}/api/v1/auth/current`);
    expect(other.requests).toEqual([]);
  });
});

describe("login: a server in trouble", () => {
  test("connection reset for good: unreachable", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { reset: true });
    const error = await failure(cloud, cloud.issueToken());
    expect(error).toMatchObject({ code: "UNREACHABLE", exit_code: 5 });
    expect(error.message).toContain("it closed the connection");
  });

  test("no answer to the second request: a time-out after --timeout", async () => {
    const cloud = await started();
    cloud.misbehave(ORGANIZATION, { delayMs: 60_000 });
    const error = await failure(cloud, cloud.issueToken(), ["--timeout", "0.3"]);
    expect(error).toMatchObject({ code: "TIMEOUT", exit_code: 5 });
    expect(error.message).toBe(`${cloud.url} did not answer within 0.3 s`);
  });

  test("Ctrl-C while it waits for the server: 130, and nothing is written", async () => {
    const cloud = await started();
    cloud.misbehave(ME, { drip: true });
    const place = home();
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    const running = start(argv, { home: place, stdin: cloud.issueToken() });
    await cloud.seen(ME);
    running.kill("SIGINT");
    const stderr = "error: cancelled; nothing was changed\n";
    expect(await running.result).toMatchObject({ code: 130, stdout: "", stderr });
    expect(place.tree()).toEqual([]);
  });
});
