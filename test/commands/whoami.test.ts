import { describe, expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await cloudForAll();

const signedIn = (token = cloud.issueToken(), endpoint = cloud.url) =>
  homeOf({ name: "mine", endpoint, token });

describe("whoami", () => {
  test("prints one line: e-mail, organization, context", async () => {
    const stdout = "me@example.test in acme (context mine)\n";
    expect(await run(["whoami"], { home: signedIn() })).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  test("--json has its four keys", async () => {
    const { code, stdout, stderr } = await run(["whoami", "--json"], { home: signedIn() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const me = { email: "me@example.test", organization: "acme" };
    expect(JSON.parse(stdout)).toEqual({ ...me, name: "mine", endpoint: cloud.url });
  });

  test("leaves out the e-mail of a user who has none", async () => {
    const other = await startCloud();
    other.misbehave("GET /api/v1/auth/current", { json: { name: "robot", email: null } });
    const here = signedIn(other.issueToken(), other.url);
    expect(await run(["whoami"], { home: here })).toMatchObject({ code: 0, stdout: "acme (context mine)\n" });
    const json = await run(["whoami", "--json"], { home: here });
    expect(JSON.parse(json.stdout)).toMatchObject({ email: null, organization: "acme" });
    await other.stop();
  });

  test("asks the server with the environment's credential, and leaves no file behind", async () => {
    const here = home();
    const token = cloud.issueToken({ email: "ci@example.test" });
    const env = { BENTO_CLOUD_API_KEY: ` ${token}\n`, BENTO_CLOUD_API_ENDPOINT: `${cloud.url}/` };
    const before = cloud.requests.length;
    const stdout = "ci@example.test in acme (context __env__)\n";
    expect(await run(["whoami"], { home: here, env })).toMatchObject({ code: 0, stdout });
    const sent = cloud.requests.slice(before).map(({ headers }) => headers["x-yatai-api-token"]);
    expect(sent).toEqual([token, token]);
    expect(here.tree()).toEqual([]);
  });

  test("removes control characters from the server's text", async () => {
    const hostile = await startCloud();
    const json = { name: "x", email: "me\u001b[31m\u202e\u009b2J@example.test" };
    hostile.misbehave("GET /api/v1/auth/current", { json });
    hostile.misbehave("GET /api/v1/current_org", { json: { name: "ac\u0007me\nfoo" } });
    const here = signedIn(hostile.issueToken(), hostile.url);
    const { code, stdout } = await run(["whoami"], { home: here });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^me\S*@example\.test in ac\ufffdme\ufffdfoo \(context mine\)\n$/);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    await hostile.stop();
  });
});
