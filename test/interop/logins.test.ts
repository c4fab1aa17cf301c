import { afterAll, describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { program } from "../secrets/peers.ts";
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

describe("a token that is kept elsewhere", () => {
  /** A context `ours` whose token a program prints. */
  async function keptElsewhere() {
    const { here, ours } = await bothSignedIn();
    const { path } = program("show", `echo ${ours}`);
    const move = ["context", "store", "ours", "--to", "command", "--", path];
    expect(await run(move, { home: here })).toMatchObject({ code: 0 });
    const reference = /kept-in-command\S+/.exec(here.read())![0];
    return { here, reference };
  }

  test("Python bentoml reads the reference as a token, and this program uses the token itself", async () => {
    const { here, reference } = await keptElsewhere();
    const alone = await bentoml(["current-context"], { home: here });
    expect(JSON.parse(alone.stdout)).toMatchObject({ name: "ours", api_token: reference });
    const explained = await run(["explain", "--json", "--context", "ours"], { home: here });
    expect(JSON.parse(explained.stdout)).toMatchObject({ active: { usable: true } });
  });

  test("the reference survives when Python bentoml writes the file, and its own login over it is reported", async () => {
    const { here, reference } = await keptElsewhere();
    expect(await bentoml(["update-current-context", "theirs"], { home: here })).toMatchObject({ code: 0 });
    expect(here.read()).toContain(reference);
    const again = cloud.issueToken({ email: "ada@example.test" });
    const login = ["login", "--endpoint", cloud.url, "--api-token", again, "--context", "ours"];
    expect(await bentoml(login, { home: here })).toMatchObject({ code: 0 });
    const words = ["token", "--context", "ours"];
    const { stdout, stderr } = await run(words, { home: here, reveals: "stdout" });
    expect(stdout === `${again}\n`).toBe(true);
    expect(stderr).toContain('another program signed in to "ours" again');
    expect(here.tree().join()).not.toContain("stores.json");
  });
});
