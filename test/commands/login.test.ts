import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { home, run, start, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const started = cloudsPerTest();

const ME = "GET /api/v1/auth/current";
const ORGANIZATION = "GET /api/v1/current_org";

interface LoginOptions extends RunOptions {
  cloud: LocalCloud;
  token: string;
  flags?: string[];
}

function login({ cloud, token, flags = [], ...options }: LoginOptions) {
  return run(["login", "--endpoint", cloud.url, "--with-token", ...flags], { ...options, stdin: token });
}

/** The contexts file's text for one context, as Python bentoml would write it. */
function entry(name: string, cloud: LocalCloud, token: string, email = "me@example.test"): string {
  return `- api_token: ${token}\n  email: ${email}\n  endpoint: ${cloud.url}\n  name: ${name}\n`;
}

function reads(name: string, cloud: LocalCloud, token: string): string {
  return `contexts:\n${entry(name, cloud, token)}current_context_name: ${name}\n`;
}

describe("login", () => {
  test.each(["bentocloud", "yatai"] as const)(
    "%s: saves a valid token and makes it current",
    async (dialect) => {
      const cloud = await started({ dialect });
      const token = cloud.issueToken();
      const place = home();
      const { code, stdout, stderr } = await login({ cloud, token, home: place });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect(stderr).toBe(
        `✓ Logged in to ${cloud.url} as me@example.test in acme\n` +
          `Saved as context "default", now current, in plain text in ${place.file}\n`,
      );
      expect(place.read()).toBe(reads("default", cloud, token));
    },
  );

  test("creates our directory with mode 0700 and our files with 0600", async () => {
    const cloud = await started();
    const place = home();
    await login({ cloud, token: cloud.issueToken(), home: place });
    await login({ cloud, token: cloud.issueToken(), home: place });
    const modes = place.tree().map((line) => line.replace(/versions\/\S+/, "versions/ID"));
    expect(modes).toEqual([
      "bentoml/ 0700",
      "bentoml/.bentocloud/ 0700",
      "bentoml/.bentocloud/state.json 0600",
      "bentoml/.bentocloud/versions/ 0700",
      ...Array.from({ length: 2 }, () => "bentoml/.bentocloud/versions/ID 0600"),
      "bentoml/.yatai.yaml 0600",
    ]);
  });

  test("says that the token it replaces is not deleted", async () => {
    const [cloud, other] = [await started(), await started()];
    const place = home();
    const again = async (token: string, flags: string[] = [], at = cloud) =>
      (await login({ cloud: at, token, flags, home: place })).stderr;
    const kept = "hint: the previous API token is not deleted and may still work: ";
    const first = cloud.issueToken();
    expect(await again(first)).not.toContain(kept);
    expect(await again(first)).not.toContain(kept);
    expect(await again(first, ["--context", "copy"])).not.toContain(kept);
    expect(await again(cloud.issueToken(), ["--context", "copy"])).not.toContain(kept);
    expect(await again(cloud.issueToken(), ["--context", "default"])).toContain(
      `${kept}\`bentocloud api-token list --context=default\` shows it\n`,
    );
    await run(["api-token", "create", "mine", "--login", "mine"], { home: place, reveals: true });
    const { uid } = cloud.tokens.at(-1)!;
    expect(await again(cloud.issueToken(), ["--context", "mine"])).toContain(
      `${kept}\`bentocloud api-token delete ${uid} --context=mine\` deletes it\n`,
    );
    expect(await again(other.issueToken(), ["--context", "mine", "--force"], other)).toContain(
      `${kept}delete it at ${cloud.url}/api_tokens\n`,
    );
  });

  test("narrows a file that others could read, and says so", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    place.write("contexts: []\n", 0o644);
    const { code, stderr } = await login({ cloud, token, home: place });
    expect(code).toBe(0);
    expect(stderr).toContain(
      `warning: ${place.file} could be read by others (mode 644); it is now for you alone (600)\n`,
    );
    expect(place.tree()).toContain("bentoml/.yatai.yaml 0600");
  });

  test("sends the token in our header, and with two requests only", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    await login({ cloud, token });
    expect(cloud.requests.map(({ route }) => route).toSorted()).toEqual([ME, ORGANIZATION]);
    for (const { headers, query } of cloud.requests) {
      expect(headers["x-yatai-api-token"]).toBe(token);
      expect(headers["user-agent"]).toMatch(/^bentocloud\/\d/);
      expect(query).toEqual({});
    }
  });

  test.each([
    [ME, ORGANIZATION],
    [ORGANIZATION, ME],
  ])("sends both requests at once: while %s is unanswered, %s is sent", async (unanswered, other) => {
    const cloud = await started();
    cloud.misbehave(unanswered, { drip: true });
    const place = home();
    const running = start(["login", "--endpoint", cloud.url, "--with-token"], {
      home: place,
      stdin: cloud.issueToken(),
    });
    await cloud.seen(unanswered);
    await cloud.seen(other);
    running.kill("SIGINT");
    expect((await running.result).code).toBe(130);
    expect(place.tree()).toEqual([]);
  });

  test("with --json: prints the documented object, no token, and nothing on stderr", async () => {
    const cloud = await started();
    const { code, stdout, stderr } = await login({ cloud, token: cloud.issueToken(), flags: ["--json"] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      name: "default",
      endpoint: cloud.url,
      email: "me@example.test",
      organization: "acme",
      current: true,
    });
  });

  test("with --quiet: says nothing when it works", async () => {
    const cloud = await started();
    expect(await login({ cloud, token: cloud.issueToken(), flags: ["--quiet"] })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("with --debug: traces the requests without the token", async () => {
    const cloud = await started();
    const { code, stderr } = await login({ cloud, token: cloud.issueToken(), flags: ["--debug"] });
    expect(code).toBe(0);
    expect(stderr).toContain(`debug: GET ${cloud.url}/api/v1/auth/current -> 200`);
    expect(stderr).toContain(`debug: GET ${cloud.url}/api/v1/current_org -> 200`);
  });

  test("with --no-use: keeps the current context", async () => {
    const cloud = await started();
    const [first, second] = [cloud.issueToken(), cloud.issueToken()];
    const place = home();
    await login({ cloud, token: first, home: place });
    const flags = ["--context", "spare", "--no-use"];
    const { code, stderr } = await login({ cloud, token: second, home: place, flags });
    expect(code).toBe(0);
    expect(stderr).toContain('Saved as context "spare", in plain text');
    expect(place.read()).toBe(
      `contexts:\n${entry("default", cloud, first)}${entry("spare", cloud, second)}current_context_name: default\n`,
    );
    const json = await login({ cloud, token: second, home: place, flags: [...flags, "--json"] });
    expect(JSON.parse(json.stdout)).toMatchObject({ name: "spare", current: false });
  });

  test("replaces the token of the same context without a question", async () => {
    const cloud = await started();
    const [old, renewed] = [cloud.issueToken(), cloud.issueToken()];
    const place = home();
    await login({ cloud, token: old, home: place });
    const { code, stderr } = await login({ cloud, token: renewed, home: place });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("now current") });
    expect(place.read()).toBe(reads("default", cloud, renewed));
  });

  test("repairs a context whose token was revoked, under its own name", async () => {
    const cloud = await started();
    const [old, renewed] = [cloud.issueToken(), cloud.issueToken()];
    const place = home();
    await login({ cloud, token: old, home: place, flags: ["--context", "ci"] });
    cloud.revoke(old);
    expect((await run(["status"], { home: place })).code).toBe(4);
    expect((await login({ cloud, token: renewed, home: place })).code).toBe(0);
    expect(place.read()).toBe(reads("ci", cloud, renewed));
  });

  test("adds a token to a context that Python left without one", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    place.write(`contexts:\n- endpoint: ${cloud.url}\n  name: bare\ncurrent_context_name: bare\n`);
    expect((await login({ cloud, token, home: place })).code).toBe(0);
    expect(place.read()).toContain(token);
    expect(place.read()).toContain("current_context_name: bare\n");
  });

  test("remembers the user in our own directory, without the token", async () => {
    const cloud = await started();
    const place = home();
    await login({ cloud, token: cloud.issueToken(), home: place });
    const state = readFileSync(join(place.bentoml, ".bentocloud/state.json"), "utf8");
    expect(JSON.parse(state)).toMatchObject({
      identities: { default: { email: "me@example.test", organization: "acme" } },
    });
  });

  test("sends no request when the contexts file is broken", async () => {
    const cloud = await started();
    const place = home();
    place.write("contexts: [\n");
    const { code, stderr } = await login({ cloud, token: cloud.issueToken(), home: place });
    expect(code).toBe(6);
    expect(stderr).toContain(`error: ${place.file} cannot be read`);
    expect(cloud.requests).toEqual([]);
    expect(place.read()).toBe("contexts: [\n");
  });

  test("shows what the server says without control characters", async () => {
    const cloud = await started();
    cloud.misbehave(ORGANIZATION, { json: { name: "ac\u0007me\u202e" } });
    const { code, stderr } = await login({ cloud, token: cloud.issueToken() });
    expect(code).toBe(0);
    expect(stderr).toContain("in ac\ufffdme\ufffd\n");
  });

  test.each([null, "", undefined])("accepts a user whose e-mail is %p", async (email) => {
    const cloud = await started();
    cloud.misbehave(ME, { json: { name: "me", email } });
    const token = cloud.issueToken();
    const place = home();
    const { code, stderr } = await login({ cloud, token, home: place });
    expect(code).toBe(0);
    expect(stderr).toStartWith(`✓ Logged in to ${cloud.url} in acme\n`);
    expect(place.read()).toBe(reads("default", cloud, token).replace("me@example.test", "null"));
  });

  test("refuses a token that the server never issued", async () => {
    const cloud = await started();
    const { code, stderr } = await login({ cloud, token: canary() });
    expect(code).toBe(4);
    expect(stderr).toContain(`error: ${cloud.url} does not accept the API token`);
  });
});
