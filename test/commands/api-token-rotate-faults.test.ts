import { describe, expect, test } from "bun:test";
import { start } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import {
  expectRotated,
  expectSignedIn,
  homeToRotate,
  JOURNAL,
  journalOf,
  namesOf,
  rotate,
  tokenIn,
} from "./rotation.ts";

sweepCanaries(JOURNAL);

const newCloud = cloudsPerTest();

const LIST = "GET /api/v1/api_tokens";
const CREATE = "POST /api/v1/api_tokens";
const USER = "GET /api/v1/auth/current";
const ORGANIZATION = "GET /api/v1/current_org";
const LOOK = "GET /api/v1/api_tokens/{uid}";
const DELETE = "DELETE /api/v1/api_tokens/{uid}";

const DOWN: Plan = { status: 500, body: { error: "down" } };
const REFUSED: Plan = { status: 403, body: { message: "get api token: record not found" } };
const CUT: Plan = { reset: true };
/** How Yatai answers when its database fails: before it has authenticated a request, and after it has carried it out. */
const NO_DATABASE: Plan = { status: 403, body: { message: "get api token: unexpected EOF" } };
const DATABASE_LOST = {
  afterwards: { status: 400, body: { error: "ToApiTokenSchema: get user: unexpected EOF" } },
};
const ODD: Plan = { status: 403, body: { message: "not today" } };

/** Lets `before` requests through, then answers the next `times` by the plan. */
function plan(cloud: LocalCloud, route: string, plan: Plan, { before = 0, times = Infinity } = {}): void {
  if (before > 0) cloud.misbehave(route, { delayMs: 0 }, { times: before });
  cloud.misbehave(route, plan, { times });
}

/** Each row is one request of a rotation, with the number of requests to the same route that succeed before it. */
const TAKEN_BACK: [what: string, route: string, fault: Plan, before: number, exit: number][] = [
  ["it refuses to create", CREATE, REFUSED, 0, 4],
  [
    "the name is taken meanwhile",
    CREATE,
    { status: 400, body: { error: 'violates "uk_apiToken_name"' } },
    0,
    1,
  ],
  ["it refuses to create in words that are not known", CREATE, ODD, 0, 4],
  ["it loses its database after it created", CREATE, DATABASE_LOST, 0, 5],
  ["it refuses after it created", CREATE, { afterwards: ODD }, 0, 4],
  ["it breaks down after it created", CREATE, { afterwards: DOWN }, 0, 5],
  ["the connection breaks after it created", CREATE, { afterwards: CUT }, 0, 5],
  ["a web page answers after it created", CREATE, { afterwards: { html: true } }, 0, 5],
  ["it does not take the new token", USER, REFUSED, 1, 4],
  ["the new token is of somebody else", USER, { json: { name: "eve", email: "eve@example.test" } }, 1, 1],
  ["the new token is of another organization", ORGANIZATION, { json: { name: "evil" } }, 1, 1],
];

/** After these the rotation stays open: both tokens work, or the old one is still to be deleted. */
const LEFT_OPEN: [what: string, route: string, fault: Plan, before: number, exit: number][] = [
  ["it breaks down before it creates", CREATE, DOWN, 0, 5],
  ["the connection breaks before it creates", CREATE, CUT, 0, 5],
  ["it redirects nowhere when it is to create", CREATE, { status: 504 }, 0, 5],
  ["it has no database when it is to create", CREATE, NO_DATABASE, 0, 5],
  ["it has no database when the new token is tried", USER, NO_DATABASE, 1, 5],
  ["it refuses the new token in words that are not known", USER, ODD, 1, 4],
  ["it drops the question for the new token's organization", ORGANIZATION, CUT, 1, 4],
  ["it has no database when the new token is looked at", LOOK, NO_DATABASE, 0, 5],
  ["it has no database when it is to delete", DELETE, NO_DATABASE, 0, 5],
  ["it breaks down when the new token is tried", USER, DOWN, 1, 5],
  ["a web page answers when the new token is tried", ORGANIZATION, { html: true }, 1, 5],
  ["it breaks down when the new token is looked at", LOOK, DOWN, 0, 5],
  ["it breaks down before it deletes", DELETE, DOWN, 0, 5],
  ["the connection breaks before it deletes", DELETE, CUT, 0, 5],
  ["it refuses to delete", DELETE, { status: 403, body: { message: "no" } }, 0, 4],
  [
    "it does not know how to delete",
    DELETE,
    { status: 404, body: { message: "not found this router with method DELETE" } },
    0,
    5,
  ],
];

/** A rotation whose request the server has got, and answers half a second later. */
async function rotateUntil(request: string, cloud: LocalCloud, here: Home) {
  cloud.misbehave(request, { delayMs: 500 }, { times: 1 });
  const running = start(["api-token", "rotate"], { home: here });
  await cloud.seen(request);
  return running;
}

describe("a rotation is taken back at once, and nothing was changed, when", () => {
  test.each(TAKEN_BACK)("%s", async (_, route, fault, before, exit) => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud);
    const text = here.read();
    plan(cloud, route, fault, { before, times: 1 });
    const { code, stdout, stderr } = await rotate(here);
    expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
    expect(stderr).not.toContain("unfinished");
    expect(here.read()).toBe(text);
    expect(namesOf(cloud)).toEqual(["ci"]);
    expect(journalOf(here)).toBeUndefined();
    await expectSignedIn(cloud, here);
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });

  test("the new token turns out to have other scopes", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const running = await rotateUntil(LOOK, cloud, here);
    cloud.tokens[1]!.scopes = ["api", "operate_cluster"];
    const { code, stderr } = await running.result;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("other rights than the old one has"),
    });
    expect(namesOf(cloud)).toEqual(["ci"]);
    await expectSignedIn(cloud, here);
  });

  test("the context got another login meanwhile, which is kept", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const other = cloud.issueToken({ name: "other", createdAt: new Date("2026-01-01T00:00:00Z") });
    const running = await rotateUntil(LOOK, cloud, here);
    const text = here.read().replace(tokenIn(here), other);
    here.write(text);
    const { code, stderr } = await running.result;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("no context holds the API token"),
    });
    expect(here.read()).toBe(text);
    expect(namesOf(cloud)).toEqual(["ci", "other"]);
  });
});

test("deletes a new token that no context has when the old token is gone", async () => {
  const cloud = await newCloud();
  const here = homeToRotate(cloud);
  const other = cloud.issueToken({ name: "other", createdAt: new Date("2026-01-01T00:00:00Z") });
  const running = await rotateUntil(LOOK, cloud, here);
  const old = tokenIn(here);
  cloud.revoke(old);
  here.write(here.read().replace(old, other));
  expect(await running.result).toMatchObject({ code: 4 });
  expect(namesOf(cloud)).toEqual(["other"]);
  expect(journalOf(here)).toBeUndefined();
});

describe("a rotation stays open, and the next one ends it, when", () => {
  test.each(LEFT_OPEN)("%s", async (_, route, fault, before, exit) => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    plan(cloud, route, fault, { before });
    const { code, stdout, stderr } = await rotate(here, ["--timeout", "0.4"]);
    expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
    expect(stderr).toContain("; the rotation is unfinished, and nothing is lost\n");
    expect(stderr).toContain("hint: `bentocloud api-token rotate mine` goes on, or takes it back\n");
    expect(journalOf(here)).toHaveLength(1);
    expect(here.tree()).toContain("bentoml/.bentocloud/rotations.json 0600");
    cloud.behave();
    await expectSignedIn(cloud, here);
    const next = await rotate(here);
    expect(next).toMatchObject({ code: 0, stderr: expect.stringContaining("✓ Rotated") });
    expectRotated(cloud, here);
  });

  test("--dry-run reports it, and changes nothing", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    cloud.misbehave(DELETE, DOWN, { times: 1 });
    await rotate(here);
    const [journal, text] = [journalOf(here), here.read()];
    const { code, stdout, stderr } = await rotate(here, ["--dry-run"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("create       ci-r2\n") });
    expect(stderr).toContain('The rotation of "ci", started ');
    expect([journalOf(here), here.read()]).toEqual([journal, text]);
    const { stdout: json } = await rotate(here, ["--json"]);
    expect(JSON.parse(json)).toMatchObject({ old: { name: "ci" }, new: { name: "ci-r2" }, resumed: true });
  });
});

describe("a rotation succeeds although", () => {
  test.each([
    ["the connection breaks after the server deleted", CUT],
    ["the server breaks down after it deleted", DOWN],
    ["the server loses its database after it deleted", DATABASE_LOST.afterwards],
    ["the server refuses after it deleted", ODD],
    ["a web page answers after the server deleted", { html: true } as Plan],
  ])("%s", async (_, fault) => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    cloud.misbehave(DELETE, { afterwards: fault }, { times: 1 });
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });

  test("another program writes the old token back while the server deletes it", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const before = here.read();
    const running = await rotateUntil(DELETE, cloud, here);
    here.write(before);
    expect(await running.result).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });

  test("somebody deleted the old token first", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const running = await rotateUntil(LOOK, cloud, here);
    cloud.revoke(tokenIn(here));
    expect(await running.result).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });
});

/** A server that carries requests out long after their client has gone. */
describe("a late server", () => {
  const LATE_MS = 4_000;
  const settled = (cloud: LocalCloud, route: string) =>
    cloud.seen(route).then(() => Bun.sleep(LATE_MS + 200));

  test("creates a token after the rotation was repeated: the name is taken by then", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud);
    cloud.misbehave(CREATE, { lateMs: LATE_MS }, { times: 1 });
    const late = settled(cloud, CREATE);
    expect(await rotate(here, ["--timeout", "1"])).toMatchObject({ code: 5 });
    expect(await rotate(here)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('created no "ci-r2"; if it still does: the next rotations look for it'),
    });
    await late;
    expectRotated(cloud, here);
  });

  test("creates a token after two more rotations: the next one deletes it", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud);
    cloud.misbehave(CREATE, { lateMs: LATE_MS }, { times: 1 });
    const late = settled(cloud, CREATE);
    expect(await rotate(here, ["--timeout", "1"])).toMatchObject({ code: 5 });
    for (let times = 0; times < 2; times += 1) expect(await rotate(here)).toMatchObject({ code: 0 });
    await late;
    expect(namesOf(cloud)).toEqual(["ci-r3", "ci-r2"]);
    expect(await rotate(here)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^Deleted "ci-r2" \(\w+\), which an interrupted rotation had asked for\n/,
      ),
    });
    expect(namesOf(cloud)).toEqual(["ci-r4"]);
    await expectSignedIn(cloud, here);
  });

  test("deletes a new token after it was to be taken back: nothing relies on that token any more", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud);
    plan(cloud, USER, { json: { name: "eve", email: "eve@example.test" } }, { before: 1, times: 1 });
    cloud.misbehave(DELETE, { lateMs: LATE_MS }, { times: 1 });
    const late = settled(cloud, DELETE);
    expect(await rotate(here, ["--timeout", "1"])).toMatchObject({ code: 5 });
    expect(await rotate(here)).toMatchObject({ code: 0 });
    await late;
    expectRotated(cloud, here);
  });
});

describe("killed while it waits for an answer, a rotation loses nothing, and the next one ends it:", () => {
  const SILENT: Plan = { silent: true };
  test.each([
    ["the list", LIST, SILENT, 0],
    ["create, before the server acts", CREATE, SILENT, 0],
    ["create, after the server acted", CREATE, { afterwards: SILENT }, 0],
    ["whose the new token is", USER, SILENT, 1],
    ["the new token's scopes", LOOK, SILENT, 0],
    ["delete, before the server acts", DELETE, SILENT, 0],
    ["delete, after the server acted", DELETE, { afterwards: SILENT }, 0],
    ["whether the old token is dead", USER, SILENT, 2],
  ] as [string, string, Plan, number][])("%s", async (_, route, fault, before) => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    plan(cloud, route, fault, { before, times: 1 });
    const running = start(["api-token", "rotate"], { home: here });
    await cloud.seen(route, before + 1);
    running.kill("SIGKILL");
    expect(await running.result).toMatchObject({ signal: "SIGKILL", stdout: "" });
    await expectSignedIn(cloud, here);
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });

  test("Ctrl-C: it ends at once, and says that the rotation is unfinished", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    cloud.misbehave(CREATE, { afterwards: SILENT }, { times: 1 });
    const running = start(["api-token", "rotate"], { home: here });
    await cloud.seen(CREATE);
    running.kill("SIGINT");
    const { code, stderr } = await running.result;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringContaining("cancelled; the rotation is unfinished"),
    });
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });

  test("an unfinished new token that somebody has used is not deleted", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud, { createdAt: new Date("2026-01-01T00:00:00Z") });
    cloud.misbehave(CREATE, { afterwards: SILENT }, { times: 1 });
    const running = start(["api-token", "rotate"], { home: here });
    await cloud.seen(CREATE);
    running.kill("SIGKILL");
    await running.result;
    cloud.tokens[1]!.lastUsedAt = new Date();
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["ci-r2", "ci-r3"]);
  });
});

describe("an open rotation", () => {
  /** One that ended before the old token was deleted. */
  async function leaveOpen(cloud: LocalCloud) {
    const here = homeToRotate(cloud);
    const old = tokenIn(here);
    cloud.misbehave(DELETE, DOWN, { times: 1 });
    expect(await rotate(here)).toMatchObject({ code: 5 });
    return { here, old };
  }

  test("is taken back when its new token was revoked, and the old token is rotated again", async () => {
    const cloud = await newCloud();
    const { here } = await leaveOpen(cloud);
    cloud.revoke(tokenIn(here));
    const { code, stderr } = await rotate(here);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('Took back the rotation of "ci"'),
    });
    expectRotated(cloud, here);
  });

  test("is given up without a changing request when both its tokens were revoked", async () => {
    const cloud = await newCloud();
    const { here, old } = await leaveOpen(cloud);
    for (const token of [old, tokenIn(here)]) cloud.revoke(token);
    const changes = () => cloud.requests.filter(({ method }) => method !== "GET").length;
    const before = changes();
    const { code, stderr } = await rotate(here);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining("bentocloud login") });
    expect(changes()).toBe(before);
    here.write(here.read().replace(tokenIn(here), cloud.issueToken({ name: "ci", description: "builds" })));
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });

  test("is given up when it has no new token yet and the old one was revoked", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    cloud.misbehave(CREATE, CUT, { times: 1 });
    expect(await rotate(here)).toMatchObject({ code: 5 });
    cloud.revoke(tokenIn(here));
    const other = cloud.issueToken({ name: "ci", description: "builds" });
    here.write(here.read().replace(tokenIn(here), other));
    const { code, stderr } = await rotate(here);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('gave up the rotation of "ci"'),
    });
    expectRotated(cloud, here);
  });

  test("of another endpoint is reported, and its server gets no request", async () => {
    const [cloud, other] = [await newCloud(), await newCloud()];
    const { here } = await leaveOpen(cloud);
    const before = cloud.requests.length;
    here.write(
      here
        .read()
        .replace(cloud.url, other.url)
        .replace(tokenIn(here), other.issueToken({ name: "ci" })),
    );
    const { code, stderr } = await rotate(here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`"ci" at ${cloud.url}`) });
    expect(cloud.requests).toHaveLength(before);
    expect(journalOf(here)).toHaveLength(1);
  });

  test("keeps a second process from rotating at the same time", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    cloud.misbehave(LOOK, { delayMs: 1500 }, { times: 1 });
    const running = start(["api-token", "rotate"], { home: here });
    await cloud.seen(LOOK);
    const { code, stderr } = await rotate(here);
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining("another process is replacing or deleting an API token"),
    });
    expect(await running.result).toMatchObject({ code: 0 });
    expectRotated(cloud, here);
  });
});
