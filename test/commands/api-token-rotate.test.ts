import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import type { ApiToken } from "../support/cloud/records.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import {
  expectRotated,
  expectSignedIn,
  homeToRotate,
  journalOf,
  namesOf,
  rotate,
  tokenIn,
} from "./rotation.ts";

sweepCanaries();

const newCloud = cloudsPerTest();
const DAY_MS = 86_400_000;

/** Tokens that were made together with the one of the context, and are in use too. */
function addTwins(cloud: LocalCloud, names: readonly string[]): ApiToken[] {
  const { createdAt } = cloud.tokens[0]!;
  for (const name of names) cloud.issueToken({ name, createdAt });
  const twins = cloud.tokens.filter(({ name }) => names.includes(name));
  for (const twin of twins)
    Object.defineProperty(twin, "lastUsedAt", { get: () => new Date(), set: () => {} });
  return twins;
}

describe("api-token rotate", () => {
  test.each(["bentocloud", "yatai"] as const)(
    "on %s: replaces the token by one with the same scopes, description and lifetime, and deletes the old one",
    async (dialect) => {
      const cloud = await newCloud({ dialect });
      const createdAt = new Date(Date.now() - 30 * DAY_MS);
      const here = homeToRotate(cloud, {
        scopes: ["read_organization", "write_cluster"],
        createdAt,
        expiresAt: new Date(createdAt.getTime() + 40 * DAY_MS),
      });
      const before = Date.now();
      const old = tokenIn(here);
      const { code, stdout, stderr } = await rotate(here);
      const [made] = cloud.tokens;
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: "",
        stderr:
          `✓ Rotated "mine": now using "ci-r2" (${made!.uid}), ` +
          'expires in 40 days; the old token "ci" is deleted\n',
      });
      expect(cloud.tokens).toHaveLength(1);
      expect(made).toMatchObject({
        name: "ci-r2",
        description: "builds",
        scopes: ["read_organization", "write_cluster"],
      });
      expect(made!.expiredAt!.getTime()).toBeWithin(
        before + 40 * DAY_MS - 1000,
        Date.now() + 40 * DAY_MS + 1000,
      );
      expect(tokenIn(here)).toBe(made!.value);
      expect(made!.value).not.toBe(old);
      expect(journalOf(here)).toBeUndefined();
      await expectSignedIn(cloud, here);
    },
  );

  test("tries the new token before it deletes the old one, and checks at the end that the old one is dead", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const old = tokenIn(here);
    await rotate(here);
    const sent = cloud.requests.map(({ method, route, headers }) => {
      const who = headers["x-yatai-api-token"] === old ? "old" : "new";
      return `${who} ${method} ${route!.replace(/.*\/v1\//, "")}`;
    });
    expect([
      ...sent.slice(0, 3).toSorted(),
      ...sent.slice(3, 4),
      ...sent.slice(4, 6).toSorted(),
      ...sent.slice(6),
    ]).toEqual([
      "old GET api_tokens",
      "old GET auth/current",
      "old GET current_org",
      "old POST api_tokens",
      "new GET auth/current",
      "new GET current_org",
      "new GET api_tokens/{uid}",
      "new DELETE api_tokens/{uid}",
      "old GET auth/current",
    ]);
  });

  test("replaces the token in every context of the endpoint that uses it, in one write", async () => {
    const cloud = await newCloud({ prefix: "/team" });
    const here = home();
    const token = cloud.issueToken({ name: "ci" });
    const elsewhere = cloud.issueToken({ name: "else", createdAt: new Date("2026-01-01T00:00:00Z") });
    writeContexts(here, [
      { name: "a", endpoint: cloud.url, token, email: "me@example.test" },
      { name: "b", endpoint: `${cloud.url}/`, token },
      { name: "other", endpoint: cloud.url, token: elsewhere },
      { name: "far", endpoint: "https://far.test", token },
    ]);
    const text = `# kept\n${here.read()}`;
    here.write(text);
    const { code, stderr } = await rotate(here);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('Rotated "a", "b": now using "ci-r2"'),
    });
    const made = cloud.tokens.find(({ name }) => name === "ci-r2")!.value;
    let swaps = 0;
    const expected = text.replaceAll(token, (found) => ((swaps += 1) <= 2 ? made : found));
    expect(here.read().replaceAll('"', "")).toBe(expected.replaceAll('"', ""));
    expect(here.tree().filter((line) => line.includes("/versions/2"))).toHaveLength(2);
  });

  test("counts up when it is repeated, and finds its token among others of the same second", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    expect(await rotate(here)).toMatchObject({ code: 0 });
    cloud.issueToken({ name: "ci-r3", createdAt: cloud.tokens[0]!.createdAt });
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["ci-r3", "ci-r4"]);
    await expectSignedIn(cloud, here);
  });

  test("rotates the token of the named context, even if the environment has a credential", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const env = { BENTO_CLOUD_API_KEY: tokenIn(here), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stderr } = await rotate(here, ["mine"], { env });
    expect(code).toBe(0);
    expect(stderr).toContain("warning: BENTO_CLOUD_API_KEY holds that API token, which no longer works\n");
    expectRotated(cloud, here);
    expect(await rotate(here, ["nobody"])).toMatchObject({ code: 3 });
    expect(await rotate(here, ["mine", "--context", "other"])).toMatchObject({ code: 2 });
  });

  test("refuses to rotate the environment's credential", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const env = { BENTO_CLOUD_API_KEY: tokenIn(here), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stdout, stderr } = await rotate(here, [], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      "error: the API token in BENTO_CLOUD_API_KEY cannot be replaced from here\n" +
        "hint: `bentocloud api-token create` makes another one to put there; `bentocloud api-token rotate NAME` is for a context\n",
    );
    expect(cloud.requests).toEqual([]);
  });

  test("--expires sets the expiry of the new token", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud, { expiresAt: new Date(Date.now() + DAY_MS) });
    expect(await rotate(here, ["--expires", "2099-01-01"])).toMatchObject({ code: 0 });
    expect(cloud.tokens[0]!.expiredAt).toEqual(new Date("2099-01-01T00:00:00Z"));
  });

  test("--json: prints both tokens without their secrets", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const { uid: oldUid } = cloud.tokens[0]!;
    const { code, stdout, stderr } = await rotate(here, ["--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      contexts: ["mine"],
      endpoint: cloud.url,
      old: { uid: oldUid, name: "ci" },
      new: {
        uid: cloud.tokens[0]!.uid,
        name: "ci-r2",
        description: "builds",
        scopes: ["api"],
        expires_at: null,
      },
      resumed: false,
    });
  });

  test("--dry-run shows what would be done, and changes nothing on the server or on the disk", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const [before, tree] = [here.read(), here.tree()];
    const { uid } = cloud.tokens[0]!;
    const { code, stdout, stderr } = await rotate(here, ["--dry-run"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: [
        "contexts     mine",
        `endpoint     ${cloud.url}`,
        `delete       ci (${uid})`,
        "create       ci-r2",
        "scopes       api",
        "description  builds",
        "expires      never",
        "",
      ].join("\n"),
      stderr: "Nothing was changed\n",
    });
    const { stdout: json } = await rotate(here, ["--dry-run", "--json"]);
    expect(JSON.parse(json)).toMatchObject({
      dry_run: true,
      old: { uid },
      new: { uid: null, name: "ci-r2" },
      unfinished: [],
    });
    expect(new Set(cloud.requests.map(({ method }) => method))).toEqual(new Set(["GET"]));
    expect([here.read(), here.tree()]).toEqual([before, tree]);
  });

  test("needs --old when the token cannot be told from others, and refuses one that cannot be it", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    addTwins(cloud, ["twin"]);
    cloud.issueToken({ name: "older", createdAt: new Date("2026-01-01T00:00:00Z") });
    const refused = await rotate(here);
    const [ci, twin] = cloud.tokens;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('cannot tell which API token the context "mine" holds\n');
    const [first, second] = refused.stderr.split("--old UID: ")[1]!.split("), ");
    expect(first).toMatch(new RegExp(`^${twin!.uid} \\(twin, created .* ago, last used .* ago$`));
    expect(second).toMatch(new RegExp(`^${ci!.uid} \\(ci, created .* ago, last used .* ago\\)\n$`));
    const wrong = await rotate(here, ["--old", "older"]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('"older" is not the API token') });
    expect(await rotate(here, ["--old", "nope"])).toMatchObject({ code: 3 });
    expect(namesOf(cloud)).toEqual(["ci", "twin", "older"]);
    expect(await rotate(here, ["--old", "ci"])).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["twin", "older", "ci-r2"]);
  });

  test("says how many more there are than it names of the tokens that it cannot tell apart", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud);
    const names = Array.from({ length: 30 }, (_, index) => `twin-${index}`);
    addTwins(cloud, names);
    const { code, stderr } = await rotate(here);
    expect(code).toBe(2);
    expect(stderr.match(/\(twin-/g)).toHaveLength(20);
    expect(stderr).toContain(", or one of 11 more: `bentocloud api-token list` shows them\n");
  });

  test("rules out tokens that were never used, among any number that were made at the same time", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud);
    const [{ createdAt }] = cloud.tokens as [ApiToken];
    for (let number = 1; number <= 9; number += 1) cloud.issueToken({ name: `twin-${number}`, createdAt });
    const wrong = await rotate(here, ["--old", "twin-1"]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"twin-1" is not the API token'),
    });
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual([...Array.from({ length: 9 }, (_, at) => `twin-${at + 1}`), "ci-r2"]);
    await expectSignedIn(cloud, here);
  });

  test("rules out tokens that were used, but not by its requests", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    for (const name of ["twin-1", "twin-2"]) {
      cloud.issueToken({ name, createdAt: cloud.tokens[0]!.createdAt });
      cloud.tokens.find((token) => token.name === name)!.lastUsedAt = new Date();
    }
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["twin-1", "twin-2", "ci-r2"]);
    await expectSignedIn(cloud, here);
  });

  test("does not take the only token that was used for its own when its requests do not show there", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud);
    const own = cloud.tokens[0]!;
    cloud.issueToken({ name: "twin", createdAt: own.createdAt });
    const twin = cloud.tokens.find(({ name }) => name === "twin")!;
    twin.lastUsedAt = new Date();
    cloud.disturb(() => void Object.defineProperty(own, "lastUsedAt", { get: () => null, set: () => {} }));
    const { code, stderr } = await rotate(here);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`--old UID: ${twin.uid}`) });
    expect(namesOf(cloud)).toEqual(["ci", "twin"]);
  });

  test("warns that the replaced token still works when --old named the wrong one", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    addTwins(cloud, ["twin"]);
    const { code, stderr } = await rotate(here, ["--old", "twin"]);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: the API token that was replaced still works: "twin" (');
  });

  test("refuses a token that was made without scopes", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud, { scopes: null });
    const { code, stderr } = await rotate(here);
    expect(code).toBe(1);
    expect(stderr).toContain('"ci" was made without scopes\n');
    expect(stderr).toContain(
      `\`bentocloud api-token update ${cloud.tokens[0]!.uid} --scope api --context=mine\``,
    );
  });

  test("rotates a token whose scopes do not show the organization", async () => {
    const cloud = await newCloud({ dialect: "yatai" });
    const here = homeToRotate(cloud, { scopes: ["read_cluster"] });
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expect(cloud.tokens).toMatchObject([{ name: "ci-r2", scopes: ["read_cluster"], value: tokenIn(here) }]);
  });

  test.each([
    ["a rejected token", (cloud: LocalCloud, here: Home) => cloud.revoke(tokenIn(here)), 4],
    [
      "a journal that cannot be understood",
      (_: LocalCloud, here: Home) => {
        mkdirSync(join(here.bentoml, ".bentocloud"), { mode: 0o700 });
        writeFileSync(join(here.bentoml, ".bentocloud/rotations.json"), "{}");
      },
      6,
    ],
  ])("%s stops it before anything is created", async (_, spoil, exit) => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const before = here.read();
    spoil(cloud, here);
    expect(await rotate(here)).toMatchObject({ code: exit, stdout: "" });
    expect(cloud.requests.every(({ method }) => method === "GET")).toBe(true);
    expect(here.read()).toBe(before);
  });

  test("checks the project's pins for the active context", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    writeFileSync(join(here.path, ".bentorc"), "endpoint=https://other.test\n");
    expect(await rotate(here)).toMatchObject({ code: 4 });
    expect(cloud.requests).toEqual([]);
  });

  test("is not disturbed by other contexts that cannot be used", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    here.write(
      here
        .read()
        .replace("contexts:\n", `contexts:\n- api_token: ${canary()}\n  endpoint: x:y\n  name: odd\n`),
    );
    expect(await rotate(here)).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["ci-r2"]);
    expect(await run(["status"], { home: here })).toMatchObject({ code: 0 });
  });
});
