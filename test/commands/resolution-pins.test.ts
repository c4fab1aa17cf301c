import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { home, run, type RunOptions } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { cloudForAll } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await cloudForAll();

/** A home whose `mine` is of the organization acme at the local server, and a project with these pins. */
function projectWith(rc: string) {
  const token = cloud.issueToken();
  const here = homeOf({ name: "mine", endpoint: cloud.url, token }, "other");
  const project = join(here.path, "project");
  return { here, token, project, path: writeBelow(project, ".bentorc", rc) };
}

/** Commands that use the active context. */
const USERS = [["status"], ["whoami"], ["token"], ["context", "current"]];
const OFFLINE = [["status", "--offline"], ["token"], ["context", "current"]];

describe("the endpoint pin", () => {
  test.each(USERS.map((args) => [args]))(
    "a pin must match the chosen context, else exit 4 naming both sides: %p",
    async (args) => {
      const { here, project, path } = projectWith("context=mine\nendpoint=https://pinned.test\n");
      const before = cloud.requests.length;
      expect(await run(args, { home: here, cwd: project })).toMatchObject({
        code: 4,
        stdout: "",
        stderr:
          `error: ${path}:2 pins the endpoint "https://pinned.test", but the context "mine", chosen by ${path}:1, has "${cloud.url}"\n` +
          "hint: choose another context with --context, or correct the pin\n",
      });
      expect(cloud.requests.length).toBe(before);
    },
  );

  test.each([
    ["--context", ["--context", "other"], {}, '"other", chosen by --context, has "https://other.test"'],
    [
      "BENTOML_CLOUD_CONTEXT",
      [],
      { BENTOML_CLOUD_CONTEXT: "other" },
      ', chosen by BENTOML_CLOUD_CONTEXT, has "https://other.test"',
    ],
    [
      "BENTO_CLOUD_API_KEY",
      [],
      { BENTO_CLOUD_API_KEY: canary() },
      '"__env__", chosen by BENTO_CLOUD_API_KEY, has "https://cloud.bentoml.com"',
    ],
    [
      "BENTO_CLOUD_API_KEY with an endpoint",
      [],
      { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "https://elsewhere.test" },
      'has "https://elsewhere.test"',
    ],
  ] as const)("is compared with what %s chooses", async (_by, args, env, said) => {
    const { here, project } = projectWith(`endpoint=${cloud.url}\n`);
    for (const words of OFFLINE) {
      const options: RunOptions = { home: here, cwd: project, env };
      const { code, stdout, stderr } = await run([...words, ...args, "--json"], options);
      expect({ words, code, stdout }).toEqual({ words, code: 4, stdout: "" });
      const { error } = JSON.parse(stderr);
      expect(error).toMatchObject({ code: "PIN_MISMATCH", exit_code: 4 });
      expect(error.message).toContain(`pins the endpoint "${cloud.url}"`);
      expect(error.message).toContain(said);
    }
  });

  test.each(["endpoint=\n", "organization=\n", "organization: acme\n"])(
    "%j matches no context",
    async (pin) => {
      const { here, project } = projectWith(pin);
      const { code, stdout, stderr } = await run(["token"], { home: here, cwd: project });
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
      expect(stderr).toMatch(/pins the (endpoint|organization) "", but the context/);
    },
  );

  test.each(["", "/", " "])("matches the same endpoint in another spelling (%p at the end)", async (end) => {
    const { here, project, token } = projectWith(`context=mine\nendpoint=${cloud.url.toUpperCase()}${end}\n`);
    const result = await run(["token"], { home: here, cwd: project, reveals: "stdout" });
    expect(result).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
  });

  test("matches nothing when it is not an endpoint", async () => {
    const { here, project } = projectWith("context=mine\nendpoint=not a place\n");
    expect(await run(["token"], { home: here, cwd: project })).toMatchObject({ code: 4, stdout: "" });
  });
});

describe("the organization pin", () => {
  test.each([["status"], ["whoami"], ["token"]])(
    "must match the chosen context, else exit 4 naming both sides: %s",
    async (name) => {
      const { here, project, path } = projectWith("context=mine\norganization=globex\n");
      expect(await run([name], { home: here, cwd: project })).toMatchObject({
        code: 4,
        stdout: "",
        stderr:
          `error: ${path}:2 pins the organization "globex", but the context "mine", chosen by ${path}:1, has "acme"\n` +
          "hint: choose another context with --context, or correct the pin\n",
      });
    },
  );

  test.each([["status"], ["whoami"], ["token"]])("a match lets %s work", async (name) => {
    const { here, project } = projectWith("context=mine\norganization=acme\n");
    const result = await run([name], { home: here, cwd: project, reveals: "stdout" });
    expect(result).toMatchObject({ code: 0, stderr: "" });
  });

  test("asks the server for an organization that is not known yet, also of the environment's credential", async () => {
    const { here, project, token } = projectWith("context=mine\norganization=acme\n");
    const before = cloud.requests.length;
    await run(["token"], { home: here, cwd: project, reveals: "stdout" });
    expect(
      cloud.requests
        .slice(before)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(["/api/v1/auth/current", "/api/v1/current_org"]);
    const known = here.tree();
    expect(known).toContain("bentoml/.bentocloud/state.json 0600");
    const foreign = cloud.issueToken({ email: "you@example.test", organization: "globex" });
    const env = { BENTO_CLOUD_API_KEY: foreign, BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const refused = await run(["token"], { home: here, cwd: project, env });
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain('"__env__", chosen by BENTO_CLOUD_API_KEY, has "globex"');
    const good = { ...env, BENTO_CLOUD_API_KEY: token };
    expect((await run(["token"], { home: here, cwd: project, env: good, reveals: "stdout" })).code).toBe(0);
    expect(here.tree()).toEqual(known);
  });

  test("does not match another organization whose name only looks the same", async () => {
    const other = await startCloud();
    const token = other.issueToken();
    other.misbehave("GET /api/v1/current_org", { json: { name: "ac\u200bme" } });
    const here = homeOf({ name: "mine", endpoint: other.url, token });
    writeBelow(here.path, ".bentorc", "context=mine\norganization=acme\n");
    expect(await run(["token"], { home: here })).toMatchObject({ code: 4, stdout: "" });
    await other.stop();
  });

  test("must match for context show --show-token", async () => {
    const { here, project } = projectWith("context=mine\norganization=globex\n");
    const result = await run(["context", "show", "--show-token"], { home: here, cwd: project });
    expect(result).toMatchObject({ code: 4, stdout: "" });
  });

  test("does not ask again for a known organization, unless the token is new", async () => {
    const here = home();
    const token = cloud.issueToken();
    const login = ["login", "--endpoint", cloud.url, "--with-token", "--context", "mine"];
    expect((await run(login, { home: here, stdin: token })).code).toBe(0);
    const project = join(here.path, "project");
    writeBelow(project, ".bentorc", "context=mine\norganization=acme\n");
    const before = cloud.requests.length;
    expect((await run(["token"], { home: here, cwd: project, reveals: "stdout" })).code).toBe(0);
    expect(cloud.requests.length).toBe(before);

    const foreign = cloud.issueToken({ email: "them@example.test", organization: "globex" });
    here.write(here.read().replace(token, foreign));
    const refused = await run(["token"], { home: here, cwd: project });
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain('has "globex"');
    expect(cloud.requests.length).toBe(before + 2);
  });

  test("is compared offline with what was seen last, and ignored by `status --offline` when nothing was", async () => {
    const here = home();
    const login = ["login", "--endpoint", cloud.url, "--with-token", "--context", "mine"];
    await run(login, { home: here, stdin: cloud.issueToken() });
    writeBelow(here.path, ".bentorc", "context=mine\norganization=globex\n");
    const refused = await run(["status", "--offline"], { home: here });
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain('pins the organization "globex"');
    const { here: unseen, project } = projectWith("context=mine\norganization=globex\n");
    expect((await run(["status", "--offline"], { home: unseen, cwd: project })).code).toBe(0);
  });

  test("that cannot be checked stops the command", async () => {
    const { here, project } = projectWith("context=mine\norganization=acme\n");
    const limited = cloud.issueToken({ scopes: ["read_cluster"] });
    const env = { BENTO_CLOUD_API_KEY: limited, BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const { code, stdout, stderr } = await run(["token", "--json"], { home: here, cwd: project, env });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(JSON.parse(stderr).error.code).toBe("FORBIDDEN");
  });
});
