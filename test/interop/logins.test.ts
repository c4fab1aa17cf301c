import { afterAll, describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { bentoml } from "./peer.ts";

// The two programs as people run them, on one file and a server each.

sweepCanaries();

const cloud = await startCloud();
const other = await startCloud();
afterAll(() => Promise.all([cloud.stop(), other.stop()]));

/** Signs in with each program: ours as `ours`, Python's as `theirs`. */
async function bothSignedIn() {
  const here = home();
  const [ours, theirs] = [cloud.issueToken({ email: "ada@example.test" }), other.issueToken()];
  const argv = ["login", "--with-token", "--endpoint", cloud.url, "--context", "ours"];
  const mine = await run(argv, { home: here, stdin: ours });
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
  test("Python bentoml uses a login of ours, and keeps it when it logs in itself", async () => {
    const { here, ours } = shared;
    const { code, stdout } = await bentoml(["current-context"], { home: here });
    expect(code).toBe(0);
    const { api_token, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ name: "ours", endpoint: cloud.url, email: "ada@example.test" });
    expect(api_token === ours).toBe(true);
  });

  test("status, token and whoami use a login of Python bentoml", async () => {
    const { here, theirs } = shared;
    const context = ["--context", "theirs"];
    const status = await run(["status", "--json", ...context], { home: here });
    const expected = { name: "theirs", endpoint: other.url, verdict: "valid" };
    expect(JSON.parse(status.stdout)).toMatchObject(expected);
    const token = await run(["token", ...context], { home: here, reveals: true });
    expect(token.stdout === `${theirs}\n`).toBe(true);
    const whoami = await run(["whoami", ...context], { home: here });
    expect(whoami.stdout).toBe("me@example.test in acme (context theirs)\n");
  });
});
