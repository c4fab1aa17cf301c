import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeBelow, writeContexts, type Entry } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud, type LocalCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

let cloud: LocalCloud;
let yatai: LocalCloud;
beforeAll(async () => {
  cloud = await startCloud();
  yatai = await startCloud({ dialect: "yatai" });
});
afterAll(async () => {
  await Promise.all([cloud.stop(), yatai.stop()]);
});

function homeOf(...entries: Entry[]) {
  const here = home();
  writeContexts(here, entries);
  return here;
}

const valid = (name: string): Entry => ({ name, endpoint: cloud.url, token: cloud.issueToken() });
function rejected(name: string): Entry {
  const token = yatai.issueToken();
  yatai.revoke(token);
  return { name, endpoint: yatai.url, token };
}
const unreachable = (name: string): Entry => ({ name, endpoint: "http://127.0.0.1:1" });

describe("status --all", () => {
  test("shows every context in the order of the file, the active one marked", async () => {
    const here = homeOf(valid("alpha"), rejected("beta"), unreachable("gamma"));
    const { code, stdout, stderr } = await run(["status", "--all", "--timeout", "1"], { home: here });
    expect(code).toBe(5);
    expect(stdout.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT ").replaceAll(/ +$/gm, ""))
      .toMatchInlineSnapshot(`
      "   NAME   ORGANIZATION  ENDPOINT                USER             EXPIRES  VERDICT
      *  alpha  acme          http://127.0.0.1:PORT   me@example.test  never    valid
         beta   -             http://127.0.0.1:PORT   -                -        rejected
         gamma  -             http://127.0.0.1:PORT       -                -        unreachable
      "
    `);
    expect(stderr).toContain("beta: http");
    expect(stderr).toContain("gamma: http");
  });

  test.each([
    ["all are valid", () => [valid("a"), valid("b")], 0],
    ["one is rejected", () => [valid("a"), rejected("b")], 4],
    ["one is unreachable and one is rejected", () => [unreachable("a"), rejected("b"), valid("c")], 5],
  ] as const)("exits with the worst: %s", async (_what, entries, exit) => {
    const { code } = await run(["status", "--all", "--timeout", "1"], { home: homeOf(...entries()) });
    expect(code).toBe(exit);
  });

  test("--json lists the same objects as `status --json`, with the line of each entry", async () => {
    const here = homeOf(valid("alpha"), rejected("beta"));
    const { code, stdout, stderr } = await run(["status", "--all", "--json"], { home: here });
    expect({ code, stderr }).toEqual({ code: 4, stderr: "" });
    const { contexts } = JSON.parse(stdout);
    expect(contexts).toMatchObject([
      {
        name: "alpha",
        verdict: "valid",
        active: true,
        organization: "acme",
        source: { path: here.file, line: 2 },
      },
      {
        name: "beta",
        verdict: "rejected",
        active: false,
        organization: null,
        source: { path: here.file, line: 6 },
      },
    ]);
    const single = JSON.parse((await run(["status", "--json"], { home: here })).stdout);
    expect(Object.keys(contexts[0])).toEqual(Object.keys(single));
  });

  test("asks all of them at once, not one after the other", async () => {
    const waiting: (() => void)[] = [];
    // Answers only when all sixteen requests have arrived: sent one after the other, they would wait for ever.
    const patient = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch() {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 16) for (const answer of waiting) answer();
        });
        return Response.json({ name: "acme", email: "me@example.test" });
      },
    });
    const endpoint = `http://127.0.0.1:${patient.port}`;
    const here = homeOf(...Array.from({ length: 8 }, (_, index) => ({ name: `c${index}`, endpoint })));
    const { code, stdout } = await run(["status", "--all", "--json"], { home: here });
    await patient.stop(true);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).contexts).toHaveLength(8);
  });

  test("finds out once that a server does not answer, and asks the others all the same", async () => {
    let asked = 0;
    const silent = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => (asked++, new Promise<Response>(() => {})),
    });
    const endpoint = `http://127.0.0.1:${silent.port}`;
    const dead = Array.from({ length: 320 }, (_, index) => ({ name: `dead${index}`, endpoint }));
    const here = homeOf(...dead, valid("alive"));
    const { stdout } = await run(["status", "--all", "--json", "--timeout", "1"], { home: here });
    await silent.stop(true);
    const { contexts } = JSON.parse(stdout) as { contexts: Record<string, string>[] };
    expect(contexts.map(({ verdict }) => verdict)).toEqual([...dead.map(() => "unreachable"), "valid"]);
    expect(new Set(contexts.map(({ reason }) => reason)).size).toBe(2);
    // Two requests for each of the contexts that are asked at a time.
    expect(asked).toBeLessThanOrEqual(2 * 32);
  });

  test("remembers the user and organization of every context", async () => {
    const here = home();
    const names = ["a", "b", "c"];
    for (const name of names) {
      const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
      await run(args, { home: here, stdin: cloud.issueToken() });
    }
    writeBelow(here.bentoml, ".bentocloud/state.json", '{"previous":null,"identities":{}}\n');
    expect((await run(["status", "--all"], { home: here })).code).toBe(0);
    const { stdout } = await run(["status", "--all", "--offline", "--json"], { home: here });
    expect(JSON.parse(stdout).contexts).toMatchObject(names.map((name) => ({ name, organization: "acme" })));
  });

  test("asks once for each user when tokens expire, and shows no endpoint that all contexts have", async () => {
    const end = new Date(Date.now() + 30.2 * 86_400_000);
    const here = home();
    for (const [name, expiresAt, age] of [
      ["beta", null, 1e9],
      ["alpha", end, 2e9],
    ] as const) {
      const stdin = cloud.issueToken({ name, expiresAt, createdAt: new Date(Date.now() - age) });
      const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
      expect(await run(args, { home: here, stdin })).toMatchObject({ code: 0 });
    }
    const isList = ({ method, path }: { method: string; path: string }) =>
      method === "GET" && path.startsWith("/api/v1/api_tokens");
    const before = cloud.requests.filter(isList).length;
    const { stdout } = await run(["status", "--all"], { home: here });
    expect(cloud.requests.filter(isList).length - before).toBe(1);
    expect(stdout.replaceAll(/ +$/gm, "")).toMatchInlineSnapshot(`
      "   NAME   ORGANIZATION  USER             EXPIRES     VERDICT
         beta   acme          me@example.test  never       valid
      *  alpha  acme          me@example.test  in 30 days  valid
      "
    `);
    const verbose = await run(["status", "--all", "--verbose"], { home: here });
    expect(verbose.stdout).toContain(`${end.toISOString().slice(0, 19)}Z (in 30 days)`);
  });

  test("--offline sends no request", async () => {
    const before = cloud.requests.length;
    const { code, stdout } = await run(["status", "--all", "--offline", "--json"], {
      home: homeOf(valid("a")),
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).contexts).toMatchObject([{ verdict: "unchecked" }]);
    expect(cloud.requests.length).toBe(before);
  });

  test("the environment's credential comes first and is the active one", async () => {
    const here = homeOf(valid("mine"), { name: "__env__", endpoint: "https://stored.test" });
    const env = { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "https://variable.test" };
    const { stdout } = await run(["status", "--all", "--offline", "--json"], { home: here, env });
    expect(JSON.parse(stdout).contexts).toMatchObject([
      { name: "__env__", endpoint: "https://variable.test", active: true, source: { kind: "env_key" } },
      { name: "mine", active: false },
      { name: "__env__", endpoint: "https://stored.test", active: false },
    ]);
  });

  test("a stored context called __env__, as old logins left it, is listed once", async () => {
    const here = homeOf({ name: "__env__" }, { name: "mine" });
    const { stdout } = await run(["status", "--all", "--offline", "--json"], { home: here });
    expect(JSON.parse(stdout).contexts).toMatchObject([
      { name: "__env__", active: true },
      { name: "mine", active: false },
    ]);
  });

  test("of two entries with one name, the first is the active one", async () => {
    const here = homeOf({ name: "mine", endpoint: "https://first.test" }, { name: "mine" });
    const { stdout } = await run(["status", "--all", "--offline", "--json"], { home: here });
    expect(JSON.parse(stdout).contexts.map(({ active }: { active: boolean }) => active)).toEqual([
      true,
      false,
    ]);
  });

  test.each([
    ["no endpoint", "not a url", "unreachable"],
    ["plain http to another machine", "http://plain.test", "unreachable"],
  ])(
    "one unusable entry (%s) does not keep the others from being checked",
    async (_what, endpoint, verdict) => {
      const here = homeOf(valid("good"), { name: "bad", endpoint });
      const { code, stdout } = await run(["status", "--all", "--json"], { home: here });
      expect(code).toBe(5);
      const { contexts } = JSON.parse(stdout);
      expect(contexts).toMatchObject([{ verdict: "valid" }, { name: "bad", verdict }]);
      expect(contexts[1].reason).not.toBeNull();
    },
  );

  test("an entry without a token is not logged in, and the others are checked", async () => {
    const here = home();
    const token = cloud.issueToken();
    here.write(
      `contexts:\n- name: bare\n  endpoint: ${cloud.url}\n- name: good\n  endpoint: ${cloud.url}\n  api_token: ${token}\n` +
        "current_context_name: good\n",
    );
    const { code, stdout } = await run(["status", "--all", "--json"], { home: here });
    expect(code).toBe(4);
    expect(JSON.parse(stdout).contexts).toMatchObject([
      { name: "bare", verdict: "not_logged_in", token_masked: null },
      { name: "good", verdict: "valid" },
    ]);
  });

  test("without contexts, nobody is logged in", async () => {
    const here = home();
    expect(await run(["status", "--all"], { home: here })).toMatchObject({
      code: 4,
      stdout: "",
      stderr: "No contexts yet; `bentocloud login` makes one\n",
    });
    const json = await run(["status", "--all", "--json"], { home: here });
    expect({ code: json.code, contexts: JSON.parse(json.stdout).contexts }).toEqual({
      code: 4,
      contexts: [],
    });
    expect(here.tree()).toEqual([]);
  });

  test("goes without --context", async () => {
    const { code, stdout, stderr } = await run(["status", "--all", "--context", "a"], {
      home: homeOf(valid("a")),
    });
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: --all and --context exclude each other\n",
    });
  });
});
