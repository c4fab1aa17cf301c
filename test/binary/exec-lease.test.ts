import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "../store/fixture.ts";
import { run, start } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { until } from "../support/until.ts";
import { doctor } from "../commands/doctor.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

const CREATE = "POST /api/v1/api_tokens";
const DELETE = "DELETE /api/v1/api_tokens/{uid}";
const CHANGE = "PATCH /api/v1/api_tokens/{uid}";
const DOWN = { status: 500, body: { error: "down" } };

function loginTo(cloud: LocalCloud): Home {
  const token = cloud.issueToken({ name: "ci", email: "ada@example.test" });
  return homeOf({ name: "mine", endpoint: cloud.url, token });
}

function lease(here: Home, script: string, args: string[] = []) {
  return run(["exec", "--proxy", "--lease", "1h", ...args, "--", "sh", "-c", script], { home: here });
}

const namesOf = (cloud: LocalCloud) => cloud.tokens.map(({ name }) => name);

/** The journals of leases that have not ended. */
function journalsOf(here: Home): string[] {
  const folder = join(here.bentoml, ".bentocloud/leases");
  return existsSync(folder) ? readdirSync(folder) : [];
}

const ASK =
  'curl -fsS -A python -H "X-YATAI-API-TOKEN: $BENTO_CLOUD_API_KEY" "$BENTO_CLOUD_API_ENDPOINT/api/v1/auth/current"';

describe("exec --proxy --lease", () => {
  needs("curl").test("uses an API token of this run, and deletes it", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    const result = await lease(here, ASK, ["--scope", "read_organization", "--scope", "read_cluster"]);
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout).email).toBe("ada@example.test");
    const created = cloud.requests.find(({ route }) => route === CREATE)!;
    const asked = JSON.parse(created.body);
    expect(asked).toMatchObject({
      name: expect.stringMatching(/^lease-[\da-f-]{36}$/),
      scopes: ["read_organization", "read_cluster"],
    });
    expect(Date.parse(asked.expired_at)).toBeWithin(Date.now() + 3_500_000, Date.now() + 3_700_000);
    const key = cloud.requests.findLast(({ path }) => path === "/api/v1/auth/current")!.headers[
      "x-yatai-api-token"
    ];
    expect(key === cloud.tokens[0]!.value).toBe(false);
    expect(namesOf(cloud)).toEqual(["ci"]);
    expect(journalsOf(here)).toEqual([]);
  });

  test("is not made where its journal cannot be written", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    const command = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", ...programCommand()];
    const args = ["exec", "--proxy", "--lease", "1h", "--", "true"];
    expect(await run(args, { home: here, command })).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/cannot write in \S+\/leases: the file would exceed the size limit/),
    });
    expect(namesOf(cloud)).toEqual(["ci"]);
  });

  test("lives for a quarter of an hour at a time where the server can change that", async () => {
    const cloud = await newCloud();
    const changed = await lease(loginTo(cloud), "exit 3");
    expect(changed.code).toBe(3);
    const { body } = cloud.requests.find(({ route }) => route === CHANGE)!;
    expect(Date.parse(JSON.parse(body).expired_at)).toBeWithin(Date.now() + 800_000, Date.now() + 910_000);
  });

  test("is extended as long as the program runs", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    const command = ["sh", "-c", 'until [ -e "$HOME/end" ]; do sleep 0.05; done; exit 5'];
    const running = start(["exec", "--proxy", "--lease", "20s", "--", ...command], { home: here });
    const ends = () =>
      cloud.requests
        .filter(({ route }) => route === CHANGE)
        .map(({ body }) => Date.parse(JSON.parse(body).expired_at));
    await until("three extensions", () => ends().length >= 3);
    writeFileSync(join(here.path, "end"), "");
    expect(await running.result).toMatchObject({ code: 5 });
    expect(ends().at(-1)).toBeGreaterThan(ends()[0]!);
    expect(namesOf(cloud)).toEqual(["ci"]);
  });

  test("lives for its whole time where the server cannot change that", async () => {
    const cloud = await newCloud();
    cloud.misbehave(CHANGE, { status: 404, body: { message: "not found this router with method PATCH" } });
    const { code, stdout } = await lease(loginTo(cloud), `${ASK} >/dev/null && echo works; exit 4`);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "works\n" });
    const created = cloud.requests.find(({ route }) => route === CREATE)!;
    expect(Date.parse(JSON.parse(created.body).expired_at)).toBeGreaterThan(Date.now() + 3_000_000);
    expect(cloud.requests.filter(({ route }) => route === CHANGE)).toHaveLength(1);
  });

  test("of a process that was killed is deleted by the next command, and doctor tells of it", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    expect((await lease(here, "kill -KILL $PPID; sleep 1")).signal).toBe("SIGKILL");
    expect(cloud.tokens).toHaveLength(2);
    expect((await doctor(["--offline"], { home: here })).of("leases")).toMatchObject({
      status: "warn",
      hint: "bentocloud api-token list --context mine",
    });
    const { stderr } = await run(["api-token", "list", "--context", "mine"], { home: here });
    expect(stderr).toMatch(
      /^Deleted the API token "lease-\S+", which a program that was killed had on lease\n/,
    );
    expect(namesOf(cloud)).toEqual(["ci"]);
    expect(journalsOf(here)).toEqual([]);
    expect((await doctor(["--offline"], { home: here })).of("leases")!.status).toBe("ok");
  });

  test("of a process that was killed before it had a journal leaves no file", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    await lease(here, "kill -KILL $PPID; sleep 1");
    const journal = journalsOf(here).find((name) => name.endsWith(".json"))!;
    const path = join(here.bentoml, ".bentocloud/leases", journal);
    // The number of a process that is the highest of all.
    renameSync(path, `${path}.4194304-0123abcd.tmp`);
    expect(journalsOf(here)).toHaveLength(2);
    expect((await run(["api-token", "list"], { home: here })).code).toBe(0);
    expect(journalsOf(here)).toEqual([]);
  });

  test("of a program that still runs is left alone", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    const program = programCommand()
      .map((word) => `'${word}'`)
      .join(" ");
    const nested = await lease(here, `unset BENTO_CLOUD_API_KEY; ${program} api-token list`);
    expect(nested.code).toBe(0);
    expect(nested.stdout).toContain("lease-");
    expect(namesOf(cloud)).toEqual(["ci"]);
  });

  test("whose creation got no answer is found by its name", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    cloud.misbehave(CREATE, { afterwards: DOWN }, { times: 1 });
    const failed = await lease(here, "echo ran");
    expect(failed).toMatchObject({ code: 5, stdout: "" });
    expect(cloud.tokens).toHaveLength(2);
    expect(await lease(here, "true")).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["ci"]);
    expect(journalsOf(here)).toEqual([]);
  });

  test("that cannot be deleted is said, and deleted later", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    cloud.misbehave(DELETE, DOWN, { times: 1 });
    const { code, stderr } = await lease(here, "exit 6");
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining("the next command tries again"),
    });
    await run(["api-token", "list"], { home: here });
    expect(namesOf(cloud)).toEqual(["ci"]);
  });

  test("that the server refuses runs nothing and leaves nothing", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    cloud.misbehave(CREATE, { status: 400, body: { error: "create apiToken: no" } }, { times: 1 });
    expect(await lease(here, "echo ran")).toMatchObject({ code: 5, stdout: "" });
    expect(journalsOf(here)).toEqual([]);
  });

  test("is in no file and in no variable of the program", async () => {
    const cloud = await newCloud();
    const here = loginTo(cloud);
    const { stdout } = await lease(here, `env; cat ${here.bentoml}/.bentocloud/leases/*.json`);
    const [made] = [...stdout.matchAll(/"uid": "(\w+)"/g)].map(([, uid]) => uid);
    expect(made).toBeString();
  });

  test.each([
    [["--lease", "1h"], "--lease is for --proxy"],
    [["--scope", "api"], "--scope is for --proxy"],
    [["--proxy", "--scope", "api"], "--scope is for --lease"],
    [["--proxy", "--lease", "soon"], "--lease takes a time"],
  ])("%p exits 2", async (args, message) => {
    const here = loginTo(await newCloud());
    const { code, stderr } = await run(["exec", ...args, "--", "true"], { home: here });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});
