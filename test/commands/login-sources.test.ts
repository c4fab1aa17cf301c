import { describe, expect, test } from "bun:test";
import { home, run, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, registerCanary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const started = cloudsPerTest();

/** Runs a login that must fail before it asks the server or touches a file. */
async function refused(cloud: LocalCloud, flags: string[], options: RunOptions = {}) {
  const place = options.home ?? home();
  const before = place.tree();
  const result = await run(["login", "--endpoint", cloud.url, ...flags], { ...options, home: place });
  expect(cloud.requests).toEqual([]);
  expect(place.tree()).toEqual(before);
  expect(result.stdout).toBe("");
  return result;
}

/** The token that was sent to the server. */
function sent(cloud: LocalCloud): unknown {
  return cloud.requests[0]?.headers["x-yatai-api-token"];
}

const ARGV_WARNING =
  "warning: a token in --api-token can be seen by every user of this machine; use --with-token\n";

describe("login: where the token comes from", () => {
  test("--with-token reads standard input", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const { code } = await run(["login", "--endpoint", cloud.url, "--with-token"], { stdin: token });
    expect({ code, sent: sent(cloud) }).toEqual({ code: 0, sent: token });
  });

  test.each([
    ["--api-token VALUE", (token: string) => ["--api-token", token]],
    ["--api-token=VALUE", (token: string) => [`--api-token=${token}`]],
  ])("%s is used, with a warning that other users can see it", async (_, flags) => {
    const cloud = await started();
    const token = cloud.issueToken();
    const { code, stderr } = await run(["login", "--endpoint", cloud.url, ...flags(token)]);
    expect({ code, sent: sent(cloud) }).toEqual({ code: 0, sent: token });
    expect(stderr).toStartWith(ARGV_WARNING);
  });

  test("BENTO_CLOUD_API_KEY is used and saved, with a warning that it still wins", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    const env = { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stderr } = await run(["login"], { home: place, env });
    expect({ code, sent: sent(cloud) }).toEqual({ code: 0, sent: token });
    expect(stderr).toContain('here, BENTO_CLOUD_API_KEY still wins: the active context is "__env__"\n');
    expect(place.read()).toContain(`api_token: ${token}\n`);
    expect(place.read()).toContain("name: default\n");
  });

  test.each([
    ["--with-token", ["--with-token"], "stdin"],
    ["--api-token", ["--api-token"], "argument"],
  ])("%s wins over BENTO_CLOUD_API_KEY, which still wins afterwards", async (_, flags, where) => {
    const cloud = await started();
    const token = cloud.issueToken();
    const argv = ["login", "--endpoint", cloud.url, ...flags, ...(where === "argument" ? [token] : [])];
    const env = { BENTO_CLOUD_API_KEY: canary() };
    const { code, stderr } = await run(argv, { env, stdin: where === "stdin" ? token : "" });
    expect({ code, sent: sent(cloud) }).toEqual({ code: 0, sent: token });
    expect(stderr).toContain("BENTO_CLOUD_API_KEY still wins");
  });

  test("BENTO_CLOUD_API_KEY is named when the server refuses its token", async () => {
    const cloud = await started();
    const env = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stderr } = await run(["login"], { env });
    expect(code).toBe(4);
    expect(stderr).toContain(
      `hint: BENTO_CLOUD_API_KEY holds this token: make another API token at ${cloud.url}/api_tokens, or unset BENTO_CLOUD_API_KEY\n`,
    );
  });

  test("an invalid BENTO_CLOUD_API_KEY does not make a saved login look like a failure", async () => {
    const cloud = await started();
    const place = home();
    const env = { BENTO_CLOUD_API_KEY: "two words" };
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    const result = await run(argv, { home: place, env, stdin: cloud.issueToken() });
    expect(result.code).toBe(0);
    expect(result.stderr).toContain("nothing can be active here: the API token from BENTO_CLOUD_API_KEY");
    expect(result.stderr).not.toContain("two words");
    expect(place.read()).toContain("name: default\n");
  });

  test("a variable that is set but empty counts as unset, and is mentioned once", async () => {
    const cloud = await started();
    const env = { BENTO_CLOUD_API_KEY: "", BENTOML_CLOUD_CONTEXT: " " };
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    const { code, stderr } = await run(argv, { env, stdin: cloud.issueToken() });
    expect(code).toBe(0);
    expect(stderr.match(/BENTO_CLOUD_API_KEY/g)).toHaveLength(1);
    expect(stderr).toContain("warning: BENTO_CLOUD_API_KEY is set but empty; ignored\n");
    expect(stderr).toContain("warning: BENTOML_CLOUD_CONTEXT is set but empty; ignored\n");
    expect(stderr).toContain('Saved as context "default"');
  });

  test.each([
    ["nothing", {}],
    ["an empty BENTO_CLOUD_API_KEY", { BENTO_CLOUD_API_KEY: "" }],
    ["CI=true", { CI: "true" }],
  ])("with %s and nobody to ask: a usage error that lists the ways to pass a token", async (_, env) => {
    const cloud = await started();
    const { code, stderr } = await refused(cloud, [], { env });
    expect(code).toBe(2);
    expect(stderr).toContain("error: there is no token, and nobody to ask for one\n");
    expect(stderr).toMatch(/hint: .*--with-token`, or set BENTO_CLOUD_API_KEY\n$/);
  });

  test.each<[what: string, flags: string[], stdin: string, message: string]>([
    ["--with-token, --api-token", ["--with-token", "--api-token", canary()], canary(), "exclude each other"],
    ["--with-token and --web", ["--with-token", "--web"], canary(), "exclude each other"],
    ["--with-token and --no-browser", ["--with-token", "--no-browser"], canary(), "exclude each other"],
    ["--api-token and --web", ["--api-token", canary(), "--web"], "", "exclude each other"],
    ["--api-token and --no-browser", ["--api-token", canary(), "--no-browser"], "", "exclude each other"],
    ["a token without its option", [canary()], "", "`bentocloud login` takes no argument"],
    ["an option for a value", ["--api-token", "--force"], "", "error: --api-token needs a value\n"],
    ["no input", ["--with-token"], "", "error: the API token from standard input is empty\n"],
    ["a blank line", ["--with-token"], " \n", "error: the API token from standard input is empty\n"],
    ["an empty value", ["--api-token="], "", "error: the API token from --api-token is empty\n"],
    // Before it has read all of a file that is piped in by mistake.
    ["a file", ["--with-token"], "x".repeat(70_000), "error: standard input holds more than one token\n"],
  ])("refuses %s, as a usage error", async (_what, flags, stdin, message) => {
    const cloud = await started();
    const { code, stderr } = await refused(cloud, flags, { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("login: the token's text", () => {
  test.each([
    ["a line end", (token: string) => `${token}\n`],
    ["a Windows line end", (token: string) => `${token}\r\n`],
    ["blanks and blank lines", (token: string) => `\n \t${token} \n\n`],
    ["a byte order mark", (token: string) => `\ufeff${token}\r\n`],
  ])("ignores %s around the token", async (_, wrap) => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    const { code } = await run(argv, { home: place, stdin: wrap(token) });
    expect({ code, sent: sent(cloud) }).toEqual({ code: 0, sent: token });
    expect(place.read()).toContain(`api_token: ${token}\n`);
  });

  const odd = [
    ["two lines", `${canary()}\n${canary()}`],
    ["a blank inside", `${canary()} ${canary()}`],
  ] as const;

  test.each(odd)(
    "refuses %s inside the token, without a request and without printing it",
    async (_, text) => {
      const cloud = await started();
      const { code, stderr } = await refused(cloud, ["--with-token"], { stdin: text });
      expect(code).toBe(2);
      expect(stderr).toContain("error: the API token from standard input has characters that no token has");
      expect(stderr).toContain("hint: ");
    },
  );

  test.each(["--api-token", "BENTO_CLOUD_API_KEY"])(
    "names %s as the origin of a token with such characters",
    async (origin) => {
      const cloud = await started();
      const text = `${canary()} ${canary()}`;
      const isFlag = origin === "--api-token";
      const options = isFlag ? {} : { env: { BENTO_CLOUD_API_KEY: text } };
      const { code, stderr } = await refused(cloud, isFlag ? [origin, text] : [], options);
      expect(code).toBe(2);
      expect(stderr).toContain(`error: the API token from ${origin} has characters that no token has`);
    },
  );

  test("saves and reads back a token of every visible ASCII character", async () => {
    const cloud = await started();
    const token = registerCanary(
      String.fromCharCode(...Array.from({ length: 94 }, (_, at) => 33 + ((at * 37) % 94))),
    );
    cloud.misbehave("GET /api/v1/auth/current", { json: { name: "me", email: "me@example.test" } });
    cloud.misbehave("GET /api/v1/current_org", { json: { name: "acme" } });
    const place = home();
    const argv = ["login", "--endpoint", cloud.url, "--with-token"];
    expect((await run(argv, { home: place, stdin: token })).code).toBe(0);
    expect(sent(cloud)).toBe(token);
    const shown = await run(["token"], { home: place, reveals: "stdout" });
    expect(shown.stdout).toBe(`${token}\n`);
  });
});
