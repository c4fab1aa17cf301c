import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { namePath } from "../support/posix.ts";
import { startCloud, type LocalCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { registerCanary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const clouds = new Map<string, LocalCloud>();
beforeAll(async () => {
  clouds.set("bentocloud", await startCloud());
  clouds.set("yatai", await startCloud({ dialect: "yatai" }));
});
afterAll(async () => {
  for (const cloud of clouds.values()) {
    cloud.verify();
    await cloud.stop();
  }
});
const BOTH = ["bentocloud", "yatai"];

const signedIn = (endpoint: string, token: string) =>
  homeOf({ name: "mine", endpoint, token, email: "me@example.test" });

/** Replaces what differs in every run: ports, ends of tokens, homes. */
function normalise(text: string, here: Home): string {
  return namePath(text, here.path, "<home>")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .replaceAll(/\*{4}[0-9a-v]{4}/g, "****abcd");
}

describe("status", () => {
  test("shows the active context in aligned lines", async () => {
    const cloud = clouds.get("bentocloud")!;
    const here = signedIn(cloud.url, cloud.issueToken());
    const { code, stdout, stderr } = await run(["status"], { home: here });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(normalise(stdout, here)).toMatchInlineSnapshot(`
      "context       mine
      source        current context (<home>/bentoml/.yatai.yaml:6)
      endpoint      http://127.0.0.1:PORT
      token         ****abcd
      user          me@example.test
      organization  acme
      expires       never
      verdict       valid
      "
    `);
  });

  test("shows why a token was rejected, and what to do", async () => {
    const cloud = clouds.get("yatai")!;
    const token = cloud.issueToken();
    cloud.revoke(token);
    const here = signedIn(cloud.url, token);
    const { code, stdout, stderr } = await run(["status"], { home: here });
    expect(code).toBe(4);
    expect(normalise(stdout, here)).toMatchInlineSnapshot(`
      "context   mine
      source    current context (<home>/bentoml/.yatai.yaml:6)
      endpoint  http://127.0.0.1:PORT
      token     ****abcd
      user      me@example.test
      verdict   rejected
      reason    http://127.0.0.1:PORT does not accept the API token: get api token: record not found
      "
    `);
    expect(normalise(stderr, here)).toMatchInlineSnapshot(`
      "hint: make an API token at http://127.0.0.1:PORT/api_tokens and sign in with it: bentocloud login --context mine
      "
    `);
  });

  test("says that nobody is signed in", async () => {
    const here = home();
    const { code, stdout, stderr } = await run(["status"], { home: here });
    expect(code).toBe(4);
    expect(normalise(stdout, here)).toMatchInlineSnapshot(`
      "context  default
      source   no current context is set
      verdict  not_logged_in
      reason   not logged in yet
      "
    `);
    expect(stderr).toBe("hint: bentocloud login\n");
    expect(here.tree()).toEqual([]);
  });

  test("--json has the keys of the contract", async () => {
    const cloud = clouds.get("bentocloud")!;
    const token = cloud.issueToken();
    const here = signedIn(cloud.url, token);
    const { stdout, stderr } = await run(["status", "--json"], { home: here });
    expect(stderr).toBe("");
    const status = JSON.parse(stdout);
    expect(status).toMatchObject({
      name: "mine",
      source: { kind: "user", name: "current_context_name", path: here.file, line: 6 },
      endpoint: cloud.url,
      token_masked: `****${token.slice(-4)}`,
      email: "me@example.test",
      organization: "acme",
      verdict: "valid",
      expires_at: null,
    });
    expect(status.checked_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(Object.keys(status).every((key) => /^[a-z_]+$/.test(key))).toBe(true);
  });

  test.each(BOTH)("%s: verdicts of a token, as text and as JSON, with their exit codes", async (dialect) => {
    const cloud = clouds.get(dialect)!;
    const revoked = cloud.issueToken();
    cloud.revoke(revoked);
    const cases: [verdict: string, token: string, exit: number][] = [
      ["valid", cloud.issueToken(), 0],
      ["rejected", revoked, 4],
      ["expired", cloud.issueToken({ expiresAt: "2020-01-01T00:00:00Z" }), 4],
      ["forbidden", cloud.issueToken({ scopes: ["read_cluster"] }), 4],
    ];
    for (const [verdict, token, exit] of cases) {
      const here = signedIn(cloud.url, token);
      const text = await run(["status"], { home: here });
      expect({ verdict, code: text.code }).toEqual({ verdict, code: exit });
      expect(text.stdout).toMatch(new RegExp(`^verdict +${verdict}$`, "m"));
      const json = await run(["status", "--json"], { home: here });
      expect({ code: json.code, stderr: json.stderr }).toEqual({ code: exit, stderr: "" });
      const status = JSON.parse(json.stdout);
      expect(status).toMatchObject({ verdict });
      expect(status.reason === null).toBe(verdict === "valid");
    }
  });

  const WRONG: [what: string, verdict: string, plan: Plan][] = [
    ["a web page", "not_bentocloud", { html: true }],
    ["a redirect to another host", "not_bentocloud", { redirect: "https://elsewhere.test/login" }],
    ["500 for ever", "unreachable", { status: 500, body: { error: "boom" } }],
    ["a connection that is reset", "unreachable", { reset: true }],
    ["an answer that never ends", "unreachable", { drip: true }],
  ];

  test.each(WRONG)("%s is %s, exit 5", async (_what, verdict, plan) => {
    const cloud = await startCloud();
    cloud.misbehave("GET /api/v1/auth/current", plan);
    const here = signedIn(cloud.url, cloud.issueToken());
    const { code, stdout } = await run(["status", "--json", "--timeout", "1"], { home: here });
    expect({ code, verdict: JSON.parse(stdout).verdict }).toEqual({ code: 5, verdict });
    await cloud.stop();
  });

  test("a server that is not there is unreachable, exit 5", async () => {
    const here = signedIn("http://127.0.0.1:1", clouds.get("yatai")!.issueToken());
    const { code, stdout } = await run(["status", "--json", "--timeout", "1"], { home: here });
    expect({ code, verdict: JSON.parse(stdout).verdict }).toEqual({ code: 5, verdict: "unreachable" });
  });

  test("a stored token that cannot travel in a header is rejected without a request", async () => {
    const cloud = clouds.get("bentocloud")!;
    const here = signedIn(cloud.url, JSON.stringify(registerCanary("pasted with a blank")));
    const before = cloud.requests.length;
    const { code, stdout } = await run(["status", "--json"], { home: here });
    expect({ code, verdict: JSON.parse(stdout).verdict }).toEqual({ code: 4, verdict: "rejected" });
    expect(cloud.requests.length).toBe(before);
  });

  test("names the variable of a bad token in the environment, where `login` would change nothing", async () => {
    const cloud = clouds.get("bentocloud")!;
    const token = cloud.issueToken({ expiresAt: "2020-01-01T00:00:00Z" });
    const env = { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stderr } = await run(["status"], { env });
    expect(code).toBe(4);
    expect(stderr).toBe("hint: BENTO_CLOUD_API_KEY holds this token: replace it, or unset it\n");
  });

  test("--offline sends no request, shows what it remembers, and says `unchecked`", async () => {
    const cloud = clouds.get("bentocloud")!;
    const here = home();
    const token = cloud.issueToken();
    await run(["login", "--endpoint", cloud.url, "--with-token"], { home: here, stdin: token });
    const [before, tree] = [cloud.requests.length, here.tree()];
    const { code, stdout } = await run(["status", "--offline", "--json"], { home: here });
    expect(code).toBe(0);
    const status = JSON.parse(stdout);
    expect(status).toMatchObject({ verdict: "unchecked", email: "me@example.test", organization: "acme" });
    expect(Date.parse(status.checked_at)).toBeGreaterThan(0);
    expect(cloud.requests.length).toBe(before);
    expect(here.tree()).toEqual(tree);
  });

  test("shows four characters of a token of twelve, and none of a shorter one", async () => {
    for (const [text, shown] of [
      ["twelve-chars", "****hars"],
      ["eleven-char", "****"],
    ] as const) {
      const here = signedIn("https://mine.test", registerCanary(text));
      expect(
        JSON.parse((await run(["status", "--offline", "--json"], { home: here })).stdout).token_masked,
      ).toBe(shown);
    }
  });

  test("colours the verdict on a terminal, and nothing with --no-color, NO_COLOR or TERM=dumb", async () => {
    const cloud = clouds.get("bentocloud")!;
    const here = signedIn(cloud.url, cloud.issueToken());
    const rawOf = async (args: string[], env: Record<string, string>) => {
      const terminal = openTerminal(["status", ...args], { home: here, env });
      expect(await terminal.exit).toMatchObject({ code: 0 });
      return terminal.raw;
    };
    expect(await rawOf([], {})).toContain("\u001b[32mvalid\u001b[39m");
    for (const plain of [
      await rawOf(["--no-color"], {}),
      await rawOf([], { NO_COLOR: "1" }),
      await rawOf([], { NO_COLOR: "0" }),
      await rawOf([], { TERM: "dumb" }),
    ]) {
      expect(plain).toContain("valid");
      expect(plain).not.toContain("\u001b");
    }
  });
});
