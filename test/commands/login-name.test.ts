import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, run, start, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const started = cloudsPerTest();

interface Options extends RunOptions {
  token?: string;
}

function login(cloud: LocalCloud, flags: string[] = [], { token, ...options }: Options = {}) {
  const stdin = token ?? cloud.issueToken();
  return run(["login", "--endpoint", cloud.url, "--with-token", ...flags], { ...options, stdin });
}

/** A home whose contexts have these names at this endpoint; the first is current. */
function homeWith(names: string[], endpoint: string, current = names[0]) {
  const place = home();
  const contexts = names.map(
    (name) =>
      `- api_token: ${canary()}\n  email: me@example.test\n  endpoint: ${endpoint}\n  name: ${JSON.stringify(name)}\n`,
  );
  place.write(`contexts:\n${contexts.join("")}current_context_name: ${current}\n`);
  return place;
}

describe("login: the name it saves under", () => {
  interface Surroundings {
    flag?: string;
    variable?: string;
    project?: string;
    current?: string;
  }
  test.each<[string, Surroundings]>([
    ["flag", { flag: "flag", variable: "variable", project: "project", current: "current" }],
    ["variable", { variable: "variable", project: "project", current: "current" }],
    ["project", { project: "project", current: "current" }],
    ["current", { current: "current" }],
    ["default", {}],
    ["default", { current: "__env__" }],
    ["default", { variable: "__env__" }],
    ["default", { project: "__env__" }],
    ["current", { variable: "", current: "current" }],
  ])("%s for %j", async (name, { flag, variable, project, current }) => {
    const cloud = await started();
    const place = home();
    if (current) place.write(`contexts: []\ncurrent_context_name: ${current}\n`);
    if (project) writeFileSync(join(place.path, ".bentorc"), `context=${project}\n`);
    const env = variable === undefined ? {} : { BENTOML_CLOUD_CONTEXT: variable };
    const flags = [...(flag ? ["--context", flag] : []), "--json"];
    const { code, stdout } = await login(cloud, flags, { home: place, env });
    expect({ code, name: JSON.parse(stdout).name }).toEqual({ code: 0, name });
    expect(place.read()).toEndWith(`  name: ${name}\ncurrent_context_name: ${name}\n`);
  });

  test.each([
    ["__env__", "stands for the environment's credential"],
    ["-", "stands for the previous context"],
    [" work", "white space"],
  ])("never creates %j", async (name, reason) => {
    const cloud = await started();
    const place = home();
    const { code, stderr } = await login(cloud, [`--context=${name}`], { home: place });
    expect(code).toBe(2);
    expect(stderr).toContain(`error: this cannot name a context: `);
    expect(stderr).toContain(reason);
    expect(cloud.requests).toEqual([]);
    expect(place.tree()).toEqual([]);
  });

  test.each([["--context="], ["--context=--force"]])("refuses %s", async (flag) => {
    const cloud = await started();
    const place = home();
    expect((await login(cloud, [flag], { home: place })).code).toBe(2);
    expect(place.tree()).toEqual([]);
  });

  test.each(["a".repeat(128), "équipe 東京 🚀", "no", "1.10", "a/b:c"])("creates %j", async (name) => {
    const cloud = await started();
    const place = home();
    expect((await login(cloud, ["--context", name], { home: place })).code).toBe(0);
    const { stdout } = await run(["context", "current"], { home: place });
    expect(stdout).toBe(`${name}\n`);
  });

  test("keeps a name that is already in the file, even if it would not create such a name", async () => {
    const cloud = await started();
    const place = homeWith([" odd "], cloud.url, "' odd '");
    const token = cloud.issueToken();
    const { code } = await login(cloud, [], { home: place, token });
    expect(code).toBe(0);
    expect(place.read()).toContain(token);
    expect((await run(["context", "list", "--json"], { home: place })).stdout).toContain('"name": " odd "');
  });

  test("warns when the environment chooses another context than the one just saved", async () => {
    const cloud = await started();
    const place = homeWith(["work"], cloud.url);
    const env = { BENTOML_CLOUD_CONTEXT: "work" };
    const { code, stderr } = await login(cloud, ["--context", "new"], { home: place, env });
    expect(code).toBe(0);
    expect(stderr).toContain('here, BENTOML_CLOUD_CONTEXT still wins: the active context is "work"\n');
  });

  test("warns when a project chooses another context, with file and line", async () => {
    const cloud = await started();
    const place = homeWith(["work"], cloud.url);
    writeFileSync(join(place.path, ".bentorc"), "\ncontext=work\n");
    const { stderr } = await login(cloud, ["--context", "new"], { home: place });
    expect(stderr).toContain(`${join(place.path, ".bentorc")}:2 still wins: the active context is "work"\n`);
  });
});

describe("login: a name that is taken", () => {
  test("refuses another endpoint when nobody can be asked", async () => {
    const [old, other] = [await started(), await started()];
    const place = homeWith(["work"], old.url);
    const before = [place.tree(), place.read()];
    const { code, stdout, stderr } = await login(other, [], { home: place });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      `error: the context "work" is for ${old.url}, not ${other.url}\n` +
        `hint: to keep both: bentocloud login --context work-2 --with-token --endpoint ${other.url}; to replace it, add --force\n`,
    );
    expect(other.requests).toEqual([]);
    expect([place.tree(), place.read()]).toEqual(before);
  });

  test("replaces it with --force", async () => {
    const [old, other] = [await started(), await started()];
    const place = homeWith(["work"], old.url);
    const { code } = await login(other, ["--force"], { home: place });
    expect(code).toBe(0);
    expect(place.read()).toContain(`endpoint: ${other.url}\n`);
    expect(place.read()).not.toContain(old.url);
  });

  test("keeps both under two names", async () => {
    const [old, other] = [await started(), await started()];
    const place = homeWith(["work"], old.url);
    expect((await login(other, ["--context", "play"], { home: place })).code).toBe(0);
    expect(place.read()).toContain(`endpoint: ${old.url}\n`);
    expect(place.read()).toContain(`endpoint: ${other.url}\n`);
  });

  test("treats another spelling of the same endpoint as the same", async () => {
    const cloud = await started();
    const place = homeWith(["work"], `${cloud.url}/`);
    expect((await login(cloud, [], { home: place })).code).toBe(0);
  });

  test.each([
    ["organization", { email: "me@example.test", organization: "globex" }, "me@example.test in globex"],
    ["user", { email: "you@example.test", organization: "acme" }, "you@example.test in acme"],
  ])("refuses another %s of the same endpoint when nobody can be asked", async (_, who, named) => {
    const cloud = await started();
    const place = home();
    await login(cloud, [], { home: place });
    const before = [place.tree(), place.read()];
    const { code, stderr } = await login(cloud, [], { home: place, token: cloud.issueToken(who) });
    expect(code).toBe(2);
    expect(stderr).toBe(
      `error: the context "default" belongs to me@example.test in acme, but this token is of ${named}\n` +
        `hint: to keep both: bentocloud login --context ${who.organization} --with-token --endpoint ${cloud.url}; to replace it, add --force\n`,
    );
    expect([place.tree(), place.read()]).toEqual(before);
    const other = ["--context", who.organization];
    expect((await login(cloud, other, { home: place, token: cloud.issueToken(who) })).code).toBe(0);
    expect(place.read().match(/- api_token/g)).toHaveLength(2);
  });

  test("does not replace a login elsewhere that was saved under the name during a browser sign-in", async () => {
    const [slow, quick] = [await started(), await started()];
    const place = home();
    const signIn = start(["login", "--no-browser", "--endpoint", slow.url], { home: place });
    await signIn.waitFor("Approve this sign-in");
    expect((await login(quick, [], { home: place })).code).toBe(0);
    const before = place.read();
    slow.approve();
    const { code, stderr } = await signIn.result;
    expect(code).toBe(2);
    expect(stderr).toContain(
      `error: the context "default" is for ${quick.url}, not ${slow.url}\n` +
        `hint: to keep both: bentocloud login --context acme --no-browser --endpoint ${slow.url}; to replace it, add --force\n`,
    );
    expect(slow.tokens).toEqual([]);
    expect(place.read()).toBe(before);
  });

  test("refuses the second of two people who sign in under one name at once", async () => {
    const cloud = await started();
    const place = home();
    cloud.misbehave("GET /api/v1/current_org", { delayMs: 400 }, { times: 2 });
    const both = [
      login(cloud, [], { home: place, token: cloud.issueToken({ organization: "acme" }) }),
      login(cloud, [], { home: place, token: cloud.issueToken({ organization: "globex" }) }),
    ];
    const results = await Promise.all(both);
    expect(results.map(({ code }) => code).toSorted()).toEqual([0, 2]);
    const told = results.find(({ code }) => code === 2);
    expect(told?.stderr).toContain('the context "default" belongs to me@');
    expect(place.read().match(/- api_token/g)).toHaveLength(1);
  });

  test("asks the server for the organization of a context that Python wrote before replacing it", async () => {
    const cloud = await started();
    const place = home();
    const stored = cloud.issueToken({ organization: "acme" });
    place.write(
      `contexts:\n- api_token: ${stored}\n  email: me@example.test\n  endpoint: ${cloud.url}\n  name: work\ncurrent_context_name: work\n`,
    );
    const token = cloud.issueToken({ organization: "globex" });
    const refused = await login(cloud, [], { home: place, token });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("belongs to me@example.test in acme");
    expect(place.read()).toContain(stored);
    cloud.revoke(stored);
    expect((await login(cloud, [], { home: place, token })).code).toBe(0);
    expect(place.read()).not.toContain(stored);
  });

  test("recognises another user of a context that Python wrote by its e-mail", async () => {
    const cloud = await started();
    const place = homeWith(["work"], cloud.url);
    const token = cloud.issueToken({ email: "you@example.test" });
    const { code, stderr } = await login(cloud, [], { home: place, token });
    expect(code).toBe(2);
    expect(stderr).toContain(
      'the context "work" belongs to me@example.test, but this token is of you@example.test',
    );
    expect((await login(cloud, ["--force"], { home: place, token })).code).toBe(0);
    expect(place.read()).toContain("email: you@example.test\n");
  });
});
