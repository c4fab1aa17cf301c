import { describe, expect, test } from "bun:test";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

const ERROR =
  'the context "prod" was signed in to as me@example.test in acme, but its API token is now of them@example.test in globex';
const HINT = "if that is right, sign in once more: bentocloud login --context=prod";

/** `prod` was signed in to here, and `dev` is beside it. */
async function signedIn(cloud: LocalCloud): Promise<{ here: Home; token: string }> {
  const here = home();
  const token = cloud.issueToken();
  writeContexts(here, [{ name: "dev" }]);
  const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", "prod"];
  expect((await run(args, { home: here, stdin: token })).code).toBe(0);
  return { here, token };
}

/** As another program does, which leaves our memory as it is. */
function putToken(here: Home, from: string, to: string): void {
  here.write(here.read().replace(from, to));
}

const foreignOf = (cloud: LocalCloud) =>
  cloud.issueToken({ email: "them@example.test", organization: "globex" });

describe("a token that another program put under a context's name", () => {
  test.each(["status", "use prod", "exec --check -- echo ran", "whoami"])(
    "of somebody else is refused by `%s`",
    async (words) => {
      const args = words.split(" ");
      const cloud = await startCloud();
      const { here, token } = await signedIn(cloud);
      if (args[0] === "use") await run(["use", "dev"], { home: here });
      putToken(here, token, foreignOf(cloud));
      const before = here.read();
      for (let repeated = 0; repeated < 2; repeated += 1)
        expect(await run(args, { home: here })).toMatchObject({
          code: 4,
          stdout: "",
          stderr: `error: ${ERROR}\nhint: ${HINT}\n`,
        });
      expect(here.read()).toBe(before);
      const json = await run([args[0]!, "--json", ...args.slice(1)], { home: here });
      expect(JSON.parse(json.stderr).error).toMatchObject({
        code: "PIN_MISMATCH",
        message: ERROR,
        exit_code: 4,
      });
    },
  );

  test("of somebody else stands out in status --all, and the others are told of", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    writeContexts(here, [
      { name: "prod", endpoint: cloud.url, token },
      { name: "good", endpoint: cloud.url, token: cloud.issueToken() },
    ]);
    putToken(here, token, foreignOf(cloud));
    const { code, stdout, stderr } = await run(["status", "--all"], { home: here });
    expect({ code }).toEqual({ code: 4 });
    expect(stdout).toMatch(/prod +\S+ +them@example.test +globex +valid\n/);
    expect(stderr).toContain(`prod: ${ERROR}\n`);
    const json = await run(["status", "--all", "--json"], { home: here });
    expect(JSON.parse(json.stdout).contexts).toMatchObject([
      { name: "prod", verdict: "valid", stranger: true, reason: ERROR },
      { name: "good", verdict: "valid", stranger: false, reason: null },
    ]);
  });

  test("of the same person is taken as the new one, and asked about once", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    await run(["use", "dev"], { home: here });
    putToken(here, token, cloud.issueToken());
    const before = cloud.requests.length;
    expect(await run(["use", "prod"], { home: here })).toMatchObject({
      code: 0,
      stderr: '✓ Switched to context "prod"\n',
    });
    expect(cloud.requests.length).toBe(before + 2);
    await run(["use", "dev"], { home: here });
    await run(["use", "prod"], { home: here });
    expect(cloud.requests.length).toBe(before + 2);
  });

  test("is switched to unasked when the server cannot be, which is said; the e-mail in the file still counts", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    await run(["use", "dev"], { home: here });
    const foreign = foreignOf(cloud);
    putToken(here, token, foreign);
    await cloud.stop();
    const { code, stderr } = await run(["use", "prod"], { home: here });
    expect({ code }).toEqual({ code: 0 });
    expect(stderr).toStartWith(
      `warning: whose API token "prod" has now is not known: ${cloud.url} cannot be reached`,
    );
    await run(["use", "dev"], { home: here });
    putToken(here, "email: me@example.test", "email: them@example.test");
    const refused = await run(["use", "prod"], { home: here });
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain("but its API token is now of them@example.test\n");
  });

  test("is accepted by signing in with it", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    const foreign = foreignOf(cloud);
    putToken(here, token, foreign);
    const args = ["login", "--with-token", "--context=prod"];
    expect((await run(args, { home: here, stdin: foreign })).code).toBe(0);
    expect((await run(["status"], { home: here })).code).toBe(0);
  });

  test("is accepted when `restore` brings it back", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    const args = ["login", "--with-token", "--context=prod", "--force"];
    expect((await run(args, { home: here, stdin: foreignOf(cloud) })).code).toBe(0);
    const versions = await run(["restore", "--json"], { home: here });
    const [{ id }] = JSON.parse(versions.stdout).versions;
    expect((await run(["restore", id], { home: here })).code).toBe(0);
    expect(here.read()).toContain(token);
    expect(await run(["status"], { home: here })).toMatchObject({ code: 0 });
  });

  test("is refused by whatever asks the server for a pin of the project", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    putToken(here, token, foreignOf(cloud));
    const cwd = `${here.path}/project`;
    writeBelow(cwd, ".bentorc", "context=prod\norganization=globex\n");
    const refused = await run(["token"], { home: here, cwd });
    expect(refused).toMatchObject({ code: 4, stdout: "", stderr: `error: ${ERROR}\nhint: ${HINT}\n` });
  });

  test("of a server that does not say who is no stranger's", async () => {
    const cloud = await startCloud();
    const { here, token } = await signedIn(cloud);
    putToken(here, token, cloud.issueToken({ scopes: ["read_cluster"] }));
    const { code, stdout } = await run(["status"], { home: here });
    expect({ code }).toEqual({ code: 4 });
    expect(stdout).toContain("verdict   forbidden\n");
  });
});
