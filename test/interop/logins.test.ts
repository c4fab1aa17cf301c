import { afterAll, describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { ASCII_LOCALE, bentoml } from "./peer.ts";

// The two programs as people run them, on one file and a server each.

sweepCanaries();

const cloud = await startCloud();
const other = await startCloud();
afterAll(() => Promise.all([cloud.stop(), other.stop()]));

/** Signs in with each program: ours as `ours`, Python's as `theirs`. */
async function bothSignedIn() {
  const here = home();
  const [ours, theirs] = [cloud.issueToken({ email: "ada@example.test" }), other.issueToken()];
  const mine = await run(["login", "--with-token", "--endpoint", cloud.url, "--context", "ours"], {
    home: here,
    stdin: ours,
  });
  const python = await bentoml(
    ["login", "--endpoint", other.url, "--api-token", theirs, "--context", "theirs"],
    {
      home: here,
    },
  );
  expect([mine.code, python.code]).toEqual([0, 0]);
  return { here, ours, theirs };
}

const shared = await bothSignedIn();

describe("one file", () => {
  test("a login of ours is a login for Python bentoml, unchanged by a login of its own", async () => {
    const { here, ours } = shared;
    const { code, stdout } = await bentoml(["current-context"], { home: here });
    expect(code).toBe(0);
    const { api_token, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ name: "ours", endpoint: cloud.url, email: "ada@example.test" });
    expect(api_token === ours).toBe(true);
  });

  test("a login of Python bentoml is one for status, token and whoami", async () => {
    const { here, theirs } = shared;
    const context = ["--context", "theirs"];
    const status = await run(["status", "--json", ...context], { home: here });
    expect(JSON.parse(status.stdout)).toMatchObject({
      name: "theirs",
      endpoint: other.url,
      verdict: "valid",
    });
    const token = await run(["token", ...context], { home: here, reveals: true });
    expect(token.stdout === `${theirs}\n`).toBe(true);
    const whoami = await run(["whoami", ...context], { home: here });
    expect(whoami.stdout).toBe("me@example.test in acme (context theirs)\n");
  });
});

describe("update-current-context", () => {
  test("of ours decides for Python bentoml, and the other way around", async () => {
    const { here } = shared;
    expect((await run(["update-current-context", "theirs"], { home: here })).code).toBe(0);
    expect(JSON.parse((await bentoml(["current-context"], { home: here })).stdout).name).toBe("theirs");
    expect((await bentoml(["update-current-context", "ours"], { home: here })).code).toBe(0);
    expect((await run(["context", "current"], { home: here })).stdout).toBe("ours\n");
    expect((await run(["use", "-"], { home: here })).code).toBe(0);
    expect((await run(["use", "ours"], { home: here })).code).toBe(0);
  });
});

describe("the verbs of both print the same, byte for byte", () => {
  test.each([[["current-context"]], [["list-context"]], [["update-current-context", "ours"]]])(
    "%p",
    async (args) => {
      const { here } = shared;
      const theirs = await bentoml(args, { home: here });
      for (const prefix of [[], ["cloud"]]) {
        const mine = await run([...prefix, ...args], { home: here, reveals: true });
        expect({ code: mine.code, same: mine.stdout === theirs.stdout }).toEqual({ code: 0, same: true });
      }
      expect(theirs.code).toBe(0);
    },
  );
});

test("Python bentoml reads every name that we let a context have", async () => {
  const here = home();
  const names = [
    "true",
    "0123",
    "1e3",
    "~",
    "a: b",
    "# x",
    "ünï 世界 😀",
    "'q\"",
    "null",
    "2024-01-01",
    "x\u00A0y",
  ];
  for (const name of names) {
    const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
    expect(await run(args, { home: here, stdin: cloud.issueToken() })).toMatchObject({ code: 0 });
  }
  // A locale in which Python opens the file as ASCII; only what it prints is UTF-8.
  const env = { ...ASCII_LOCALE, PYTHONIOENCODING: "utf-8" };
  const theirs = await bentoml(["list-context"], { home: here, env });
  const mine = await run(["list-context"], { home: here });
  expect(JSON.parse(mine.stdout)).toEqual(names);
  expect(JSON.parse(theirs.stdout)).toEqual(names);
});
