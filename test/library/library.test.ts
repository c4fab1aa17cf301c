import { afterAll, describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { CliError, createClient, resolveContext } from "../../src/index.ts";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { systemEnvironment } from "../support/posix.ts";
import { runtimeEnvironment } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { type Runtime, RUNTIMES } from "../support/runtimes.ts";
import { installLibrary } from "./package.ts";

sweepCanaries();

const CHECKOUT = join(import.meta.dirname, "../..");
const installed = home();
installLibrary(installed.path);
cpSync(join(CHECKOUT, "examples/deployments.ts"), join(installed.path, "deployments.ts"));
cpSync(join(import.meta.dirname, "session.ts"), join(installed.path, "session.ts"));

const cloud = await startCloud({ prefix: "/team/a" });
const other = await startCloud();
const token = cloud.issueToken({ email: "ada@example.test" });
cloud.deploy(cloud.issueToken({ email: "ada@example.test" }), ["summarizer", "translator"]);
afterAll(() => Promise.all([cloud.stop(), other.stop()]));

writeContexts(installed, [
  { name: "unused" },
  { name: "mine", endpoint: cloud.url, token, email: "ada@example.test" },
]);
writeBelow(installed.path, ".bentorc", `context=mine\nendpoint=${cloud.url}\nsurprise=1\n`);

writeBelow(installed.path, "hostile/.bentorc", "context=\u001b[31mred\u202e\u009b2J\n");
writeBelow(
  installed.path,
  "hostile.ts",
  'import { resolveContext } from "bentocloud"; await resolveContext({ cwd: "hostile", warn: () => {} });',
);

const PLANS = {
  "/redirected": { redirect: `${other.url}/api/v1/version` },
  "/missing": { status: 404, body: { error: "record not found" } },
  "/refused": { status: 403, body: { message: "get api token: record not found" } },
  "/page": { html: true },
  "/broken": { brokenJson: true },
  "/empty": { status: 204 },
  "/not-again": { status: 503 },
  "/slow": { delayMs: 2000 },
} as const;
for (const [path, plan] of Object.entries(PLANS))
  for (const method of ["GET", "POST"]) cloud.misbehave(`${method} ${path}`, plan);

/** Runs a program that uses the library. */
function runIn({ name, command }: Runtime, file: string, env: Record<string, string> = {}) {
  return run([], {
    home: installed,
    command: command(join(installed.path, file)),
    env: { ...runtimeEnvironment(name), ...env },
    timeoutMs: 60_000,
  });
}

for (const runtime of RUNTIMES)
  describe.skipIf(runtime.isMissing)(`in ${runtime.name}`, () => testIn(runtime));

function testIn(runtime: Runtime): void {
  test("the example lists the deployments", async () => {
    expect(await runIn(runtime, "deployments.ts")).toMatchObject({
      code: 0,
      stdout: `2 deployments in mine (${cloud.url})\ntranslator  running\nsummarizer  running\n`,
    });
    const failed = await runIn(runtime, "deployments.ts", { BENTO_CLOUD_API_KEY: "a b" });
    expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 2, stdout: "" });
    expect(failed.stderr).toContain("USAGE: the API token from BENTO_CLOUD_API_KEY has characters");
  });

  test("an error that nobody catches drives no terminal", async () => {
    const { code, stdout, stderr } = await runIn(runtime, "hostile.ts", { NO_COLOR: "1" });
    expect({ failed: code !== 0, stdout, named: stderr.includes("red") }).toEqual({
      failed: true,
      stdout: "",
      named: true,
    });
    expect(stderr).not.toMatch(/[\u001b\u202e\u009b]/);
  });

  test("every feature works", async () => {
    cloud.misbehave("GET /again", { status: 503 }, { times: 1 });
    cloud.misbehave("GET /again", { json: { tries: 2 } }, { times: 1 });
    const before = cloud.requests.filter(({ path }) => path === "/not-again").length;
    const { code, stdout, stderr } = await runIn(runtime, "session.ts", { OTHER: other.url });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      name: "mine",
      email: "ada@example.test",
      source: "project",
      printed: false,
      warnings: [
        `${installed.path}/.bentorc:3: unknown key ignored; a project can set context, endpoint, organization`,
      ],
      unknown: "NOT_FOUND 3",
      key: ["__env__", "https://cloud.bentoml.com", "env_key"],
      page: [2, ["summarizer"]],
      withoutSlash: "ada",
      address: "ada",
      created: ["made", ["api"]],
      text: "string",
      bytes: "1.2.3",
      raw: [200, "application/json; charset=utf-8", "1.2.3"],
      elsewhere: "HOST_MISMATCH 4",
      above: "HOST_MISMATCH 4",
      redirected: "HOST_MISMATCH 4",
      missing: "API_404 5",
      forgiven: [404, { error: "record not found" }],
      refused: "TOKEN_REJECTED 4",
      refusedBytes: "TOKEN_REJECTED 4",
      page200: "NOT_BENTOCLOUD 5",
      broken: "NOT_BENTOCLOUD 5",
      empty: null,
      again: { tries: 2 },
      notAgain: "API_503 5",
      late: "TIMEOUT 5",
      lateForAll: "TIMEOUT 5",
      cancelled: "CANCELLED 130",
      plain: "USAGE 2",
    });
    expect(cloud.requests.filter(({ path }) => path === "/not-again")).toHaveLength(before + 1);
    expect(other.requests).toEqual([]);
    const made = cloud.requests.findLast(
      ({ method, path }) => method === "POST" && path.endsWith("api_tokens"),
    )!;
    expect(made.headers["content-type"]).toBe("application/json");
    expect(made.headers["user-agent"]).toStartWith("bentocloud/");
    expect(made.headers["x-yatai-api-token"] === token).toBe(true);
    const values = cloud.requests.filter(({ headers }) => headers["x-yatai-api-token"] !== undefined);
    expect(values.every(({ headers }) => headers["x-yatai-api-token"] === token)).toBe(true);
    // The next runtime creates a token of the same name.
    const uids = await createClient({ endpoint: cloud.url, token: (await mine()).token })(
      "/api/v1/api_tokens",
    );
    const { uid } = uids.items.find((item: { name: string }) => item.name === "made");
    await createClient(await mine())(`/api/v1/api_tokens/${uid}`, { method: "DELETE" });
  });
}

function mine() {
  return resolveContext({ env: systemEnvironment(installed.path), cwd: installed.path, warn: () => {} });
}

describe("resolveContext", () => {
  test("returns what `bentocloud status` shows", async () => {
    const { stdout } = await run(["status", "--offline", "--json"], { home: installed });
    const { name, endpoint, email, source } = await mine();
    expect(JSON.parse(stdout)).toMatchObject({ name, endpoint, email, source });
  });

  test("checks the project's pins, and requests an unknown organization", async () => {
    const here = home();
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token }]);
    const resolve = () => resolveContext({ env: systemEnvironment(here.path), cwd: here.path });
    writeBelow(here.path, ".bentorc", "organization=acme\n");
    expect((await resolve()).name).toBe("mine");
    writeBelow(here.path, ".bentorc", "organization=globex\n");
    expect(await codeOf(resolve)).toBe("PIN_MISMATCH");
    writeBelow(here.path, ".bentorc", "endpoint=https://pinned.test\n");
    expect(await codeOf(resolve)).toBe("PIN_MISMATCH");
  });

  test("rejects with the errors of the commands", async () => {
    const here = home();
    const resolve = () => resolveContext({ env: systemEnvironment(here.path), cwd: here.path });
    expect(await codeOf(resolve)).toBe("NOT_LOGGED_IN");
    here.write("contexts: [broken");
    expect(await codeOf(resolve)).toBe("CORRUPT");
    expect(here.tree()).toEqual(["bentoml/ 0755", "bentoml/.yatai.yaml 0600"]);
  });

  test("emits a process warning when no function is given", async () => {
    const script = `import { resolveContext } from "bentocloud"; await resolveContext();`;
    writeBelow(installed.path, "warn.ts", script);
    const { code, stderr } = await runIn(RUNTIMES[0]!, "warn.ts");
    expect(code).toBe(0);
    expect(stderr).toContain("BentoCloudWarning");
    expect(stderr).toContain("unknown key ignored");
  });
});

describe("createClient", () => {
  test("sends every kind of body and the caller's headers, but never another token", async () => {
    const client = createClient(await mine());
    cloud.misbehave("POST /bodies", { json: {} });
    const form = new FormData();
    form.set("a", "b");
    const bodies = [new URLSearchParams({ a: "b" }), form, new TextEncoder().encode("bytes"), "text"];
    const headers = { "X-YATAI-API-TOKEN": canary(), "X-Yatai-Organization": "acme" };
    for (const body of bodies) await client("/bodies", { method: "post", body, headers });
    const seen = cloud.requests.filter(({ path }) => path === "/bodies");
    expect(seen[0]).toMatchObject({ body: "a=b" });
    expect(seen[0]!.headers["content-type"]).toStartWith("application/x-www-form-urlencoded");
    expect(seen[1]!.headers["content-type"]).toStartWith("multipart/form-data; boundary=");
    expect(seen.slice(2).map(({ body }) => body)).toEqual(["bytes", "text"]);
    for (const { headers } of seen) {
      expect(headers["x-yatai-api-token"] === token).toBe(true);
      expect(headers["x-yatai-organization"]).toBe("acme");
    }
  });

  test("streams a large answer", async () => {
    const client = createClient(await mine());
    cloud.misbehave("GET /large", { hugeBytes: 12 * 1024 * 1024 });
    expect(await codeOf(() => client("/large"))).toBe("NOT_BENTOCLOUD");
    const buffer = await client("/large", { responseType: "arrayBuffer" });
    expect(buffer.byteLength).toBe(12 * 1024 * 1024);
    const reader = (await client("/large", { responseType: "stream" })).getReader();
    expect((await reader.read()).value!.byteLength).toBeGreaterThan(0);
    await reader.cancel();
  });

  test("refuses a time that a timer cannot wait", async () => {
    const context = await mine();
    for (const timeoutMs of [Number.NaN, -1, 0, 86_400_001, Infinity]) {
      expect(await codeOf(async () => createClient(context, { timeoutMs }))).toBe("USAGE");
      expect(await codeOf(() => resolveContext({ timeoutMs }))).toBe("USAGE");
    }
    expect(await createClient(context, { timeoutMs: 86_400_000 })("/api/v1/version")).toBeDefined();
  });

  test("does not send a token that no header can hold", async () => {
    const here = home();
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token: `"${canary()} ${canary()}"` }]);
    const context = await resolveContext({ env: systemEnvironment(here.path), cwd: here.path });
    expect(await codeOf(async () => createClient(context))).toBe("TOKEN_REJECTED");
  });
});

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof CliError) return error.code;
    throw error;
  }
  return "no error";
}
