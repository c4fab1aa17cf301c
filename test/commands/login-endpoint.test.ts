import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const started = cloudsPerTest();

/** A contexts file with one context. */
function stored(name: string, endpoint: string, token = canary()): string {
  return `contexts:\n- api_token: ${token}\n  email: me@example.test\n  endpoint: ${endpoint}\n  name: ${name}\ncurrent_context_name: ${name}\n`;
}

describe("login: the endpoint", () => {
  test.each(["", "/"])("keeps a path prefix, written with %p at its end", async (suffix) => {
    const cloud = await started({ prefix: "/team/a" });
    const place = home();
    const argv = ["login", "--endpoint", `${cloud.url}${suffix}`, "--with-token"];
    expect((await run(argv, { home: place, stdin: cloud.issueToken() })).code).toBe(0);
    expect(place.read()).toContain(`endpoint: ${cloud.url}\n`);
  });

  test.each([
    ["a query", "https://bento.test/?x=1", "no query"],
    ["a password", "https://me:hush-hush@bento.test", "no user name or password"],
    ["another scheme", "ftp://bento.test", "starts with https://"],
    ["nothing", "", "not an endpoint"],
  ])("refuses %s", async (_, endpoint, reason) => {
    const place = home();
    const argv = ["login", `--endpoint=${endpoint}`, "--with-token"];
    const { code, stdout, stderr } = await run(argv, { home: place, stdin: canary() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain("hush-hush");
    expect(place.tree()).toEqual([]);
  });

  test.each(["http://bento.test", "http://127.0.0.1.bento.test", "http://192.0.2.1:3000"])(
    "refuses %s: a token is not sent to another machine in plain http",
    async (endpoint) => {
      const place = home();
      const argv = ["login", "--endpoint", endpoint, "--with-token"];
      const { code, stderr } = await run(argv, { home: place, stdin: canary() });
      expect(code).toBe(2);
      expect(stderr).toContain(`error: ${endpoint} is plain http: anyone on the way could read the token\n`);
      expect(stderr).toContain("--insecure-http");
      expect(place.tree()).toEqual([]);
    },
  );

  test("sends a token in plain http with --insecure-http", async () => {
    const options = ["--with-token", "--insecure-http", "--timeout", "5"];
    const argv = ["login", "--endpoint", "http://bento.test", ...options];
    const { code, stderr } = await run(argv, { stdin: canary() });
    expect(code).toBe(5);
    expect(stderr).toContain("error: http://bento.test cannot be reached");
  });

  test("allows plain http to localhost by name", async () => {
    const cloud = await started();
    const endpoint = `http://localhost:${cloud.port}`;
    const argv = ["login", "--endpoint", endpoint, "--with-token"];
    const { code, stderr } = await run(argv, { stdin: cloud.issueToken() });
    expect(code).toBe(0);
    expect(stderr).toContain(`Logged in to ${endpoint}`);
  });
});

describe("login: the default endpoint", () => {
  test("is BENTO_CLOUD_API_ENDPOINT, even without a key", async () => {
    const cloud = await started();
    const env = { BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stderr } = await run(["login", "--with-token"], { env, stdin: cloud.issueToken() });
    expect(code).toBe(0);
    expect(stderr).toContain(`Logged in to ${cloud.url}`);
  });

  test("is not BENTO_CLOUD_API_ENDPOINT when --endpoint is given", async () => {
    const [given, other] = [await started(), await started()];
    const env = { BENTO_CLOUD_API_ENDPOINT: other.url };
    const argv = ["login", "--endpoint", given.url, "--with-token"];
    expect((await run(argv, { env, stdin: given.issueToken() })).code).toBe(0);
    expect([given.requests.length, other.requests.length]).toEqual([2, 0]);
  });

  test("is the endpoint of the context, for a new token of that context", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    place.write(stored("work", cloud.url));
    const { code } = await run(["login", "--with-token"], { home: place, stdin: token });
    expect(code).toBe(0);
    expect(place.read()).toBe(stored("work", cloud.url, token));
  });

  test("is never the endpoint of the context for BENTO_CLOUD_API_KEY, which may be of another server", async () => {
    const cloud = await started();
    const place = home();
    place.write(stored("work", cloud.url));
    const before = [place.tree(), place.read()];
    const { code, stderr } = await run(["login"], { home: place, env: { BENTO_CLOUD_API_KEY: canary() } });
    expect(code).toBe(2);
    expect(stderr).toContain(`error: the context "work" is for ${cloud.url}, not https://cloud.bentoml.com`);
    expect(cloud.requests).toEqual([]);
    expect([place.tree(), place.read()]).toEqual(before);
  });

  test("is never the one in .bentorc: a cloned repository does not choose where a token goes", async () => {
    const [hostile, own] = [await started(), await started()];
    const place = home();
    writeFileSync(join(place.path, ".bentorc"), `context=work\nendpoint=${hostile.url}\n`);
    place.write(stored("work", own.url));
    // The file must not even choose among the user's own endpoints when no prompt shows the endpoint first.
    const unseen = await run(["login", "--with-token"], { home: place, stdin: own.issueToken() });
    expect(unseen).toMatchObject({ code: 2, stdout: "" });
    expect(unseen.stderr).toContain(`would send this token to ${own.url}`);
    expect(unseen.stderr).toContain("hint: if it may go there: bentocloud login --context work\n");
    expect([...own.requests, ...hostile.requests]).toEqual([]);
    const argv = ["login", "--with-token", "--context", "work"];
    const { code, stderr } = await run(argv, { home: place, stdin: own.issueToken() });
    expect(code).toBe(0);
    expect(hostile.requests).toEqual([]);
    expect(own.requests).not.toEqual([]);
    expect(stderr).toContain(`pins the endpoint "${hostile.url}"`);
  });
});
