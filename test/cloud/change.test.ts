import { afterAll, describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home, run, start } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { startCloud, type LocalCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const newCloud = cloudsPerTest();
const elsewhere = await startCloud();
afterAll(() => elsewhere.stop());

const CREATE = "POST /api/v1/api_tokens";
const changesOf = (cloud: LocalCloud) => cloud.requests.filter(({ method }) => method !== "GET");

/** The shortest command that sends a request with side effects and a body. */
function create(cloud: LocalCloud) {
  const here = home();
  writeContexts(here, [{ name: "mine", endpoint: cloud.url, token: cloud.issueToken() }]);
  return { home: here, args: ["api-token", "create", "ci", "--json"] };
}

async function failureOf(cloud: LocalCloud) {
  const { home: here, args } = create(cloud);
  const { code, stdout, stderr } = await run(args, { home: here });
  expect(stdout).toBe("");
  return { exit: code, ...(JSON.parse(stderr).error as { code: string; message: string }) };
}

describe("a request with side effects", () => {
  test("has a JSON body, the token and our User-Agent", async () => {
    const cloud = await newCloud({ prefix: "/team/a" });
    const { home: here, args } = create(cloud);
    expect(await run(args, { home: here, reveals: "stdout" })).toMatchObject({ code: 0 });
    const [{ headers, body, path }] = cloud.requests as [(typeof cloud.requests)[number]];
    expect(JSON.parse(body)).toMatchObject({ name: "ci" });
    expect(path).toBe("/api/v1/api_tokens");
    expect(headers["content-type"]).toBe("application/json");
    expect(headers["x-yatai-api-token"] === cloud.tokens[0]!.value).toBe(true);
    expect(headers["user-agent"]).toStartWith("bentocloud/");
  });

  test.each([
    ["fails", { status: 503, headers: { "retry-after": "0" } }, "API_503"],
    ["is busy", { status: 429 }, "API_429"],
    ["closes the connection", { reset: true }, "UNREACHABLE"],
    ["closes the connection after it has acted", { afterwards: { reset: true } }, "UNREACHABLE"],
    ["answers with a web page", { html: true }, "NOT_BENTOCLOUD"],
  ] as [string, Plan, string][])("is sent once, even when the server %s", async (_, plan, code) => {
    const cloud = await newCloud();
    cloud.misbehave(CREATE, plan);
    expect(await failureOf(cloud)).toMatchObject({ exit: 5, code });
    expect(changesOf(cloud)).toHaveLength(1);
  });

  test("follows only a redirect that keeps method and body", async () => {
    const cloud = await newCloud();
    const target = `${cloud.url}/api/v1/api_tokens`;
    cloud.misbehave(CREATE, { redirect: target, status: 307 }, { times: 1 });
    const { home: here, args } = create(cloud);
    expect(await run(args, { home: here, reveals: "stdout" })).toMatchObject({ code: 0 });
    expect(cloud.requests.map(({ body }) => JSON.parse(body).name)).toEqual(["ci", "ci"]);
    for (const status of [301, 302, 303]) {
      cloud.misbehave(CREATE, { redirect: target, status }, { times: 1 });
      expect(await failureOf(cloud)).toMatchObject({ exit: 5, code: `API_${status}` });
    }
    expect(changesOf(cloud)).toHaveLength(5);
  });

  test.each([302, 307, 308])("follows no redirect to another host: %d", async (status) => {
    const cloud = await newCloud();
    cloud.misbehave(CREATE, { redirect: `${elsewhere.url}/api/v1/api_tokens`, status });
    const failure = await failureOf(cloud);
    expect(failure).toMatchObject({ exit: 4, code: "HOST_MISMATCH" });
    expect(failure.message).toContain("nothing was sent there");
    expect(elsewhere.requests).toEqual([]);
  });

  test("does not claim after Ctrl-C that nothing was changed", async () => {
    const cloud = await newCloud();
    cloud.misbehave(CREATE, { silent: true });
    const { home: here, args } = create(cloud);
    const running = start(args, { home: here });
    await cloud.seen(CREATE);
    running.kill("SIGINT");
    const { code, stderr } = await running.result;
    expect({ code, error: JSON.parse(stderr).error.message }).toEqual({
      code: 130,
      error: "cancelled; the server may have carried it out already",
    });
  });

  test("is traced with method and path, without token and body", async () => {
    const cloud = await newCloud();
    const { home: here, args } = create(cloud);
    const { stderr } = await run([...args, "--debug"], { home: here, reveals: "stdout" });
    expect(stderr).toMatch(/debug: POST \S+\/api\/v1\/api_tokens -> 200 /);
  });
});
