import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, start } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { CONTEXTS, doctor } from "./doctor.ts";

sweepCanaries();
const startCloud = cloudsPerTest();

const SERVER = ["tcp", "endpoint", "clock", "token", "scope", "expiry"];

describe("doctor", () => {
  test("checks this machine, the contexts and the server, and finds nothing wrong", async () => {
    const [cloud, here] = [await startCloud(), home()];
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    const { code, ids, checks } = await doctor([], { home: here });
    expect(code).toBe(0);
    expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(ids[0]).toBe("environment");
    expect(ids.slice(-CONTEXTS.length - SERVER.length)).toEqual([...CONTEXTS, ...SERVER]);
    for (const check of checks)
      expect(Object.keys(check)).toEqual(["id", "status", "message", "hint", "fixed"]);
  });

  test("changes nothing on the disk, in a home that Python made and in one of ours", async () => {
    const cloud = await startCloud();
    for (const isOurs of [false, true]) {
      const here = home();
      const token = cloud.issueToken();
      writeContexts(here, [{ name: "b" }, { name: "a", endpoint: cloud.url, token }], "a");
      if (isOurs) await run(["use", "a"], { home: here });
      const before = { tree: here.tree(), text: here.read() };
      const { of } = await doctor([], { home: here });
      expect(of("token")?.message).toBe("accepted, of me@example.test, in acme");
      expect({ tree: here.tree(), text: here.read() }).toEqual(before);
    }
  });

  test("warns once of what another program removed, and reports it until it is restored", async () => {
    const [cloud, here] = [await startCloud(), home()];
    const entry = { name: "a", endpoint: cloud.url, token: cloud.issueToken() };
    writeContexts(here, [{ name: "b" }, entry]);
    await run(["use", "a"], { home: here });
    writeContexts(here, [entry]);
    const first = await doctor([], { home: here });
    expect(first.stderr).toContain("another program removed 1 context");
    const again = await doctor([], { home: here });
    expect(again.stderr).toBe("");
    for (const { of } of [first, again])
      expect({ lost: of("lost")?.status, token: of("token")?.status }).toEqual({ lost: "warn", token: "ok" });
  });

  test("asks the server of the context that is current after the repairs", async () => {
    const [cloud, here] = [await startCloud(), home()];
    writeContexts(here, [{ name: "default", endpoint: cloud.url, token: cloud.issueToken() }], "__env__");
    expect((await doctor([], { home: here })).code).toBe(1);
    const { code, of } = await doctor(["--fix"], { home: here });
    expect({ code, fixed: of("current")?.fixed }).toEqual({ code: 0, fixed: true });
    expect(of("token")?.status).toBe("ok");
  });

  test("--offline sends no request and reports nothing about the server", async () => {
    const [cloud, here] = [await startCloud(), home()];
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    const { code, ids } = await doctor(["--offline"], { home: here });
    expect({ code, requests: cloud.requests }).toEqual({ code: 0, requests: [] });
    expect(ids.filter((id) => SERVER.includes(id))).toEqual([]);
  });

  test("without a login, reports that no server is asked and exits 0", async () => {
    const { code, ids, of } = await doctor([], { home: home() });
    expect({ code, ids: ids.filter((id) => SERVER.includes(id)) }).toEqual({ code: 0, ids: ["endpoint"] });
    expect(of("endpoint")).toMatchObject({ status: "ok", hint: "bentocloud login" });
  });

  test.each([
    ["a context that does not exist", ["--context", "nope"], {}, 'there is no context "nope"'],
    ["a variable that names such a context", [], { BENTOML_CLOUD_CONTEXT: "nope" }, "BENTOML_CLOUD_CONTEXT"],
  ])("reports why there is no server to ask: %s", async (_what, args, env, says) => {
    const here = homeOf({ name: "a", endpoint: "http://127.0.0.1:9" });
    const { code, ids, of } = await doctor(args, { home: here, env });
    expect({ code, ids: ids.filter((id) => SERVER.includes(id)) }).toEqual({ code: 1, ids: ["endpoint"] });
    expect(of("endpoint")?.message).toContain(says);
    const offline = await doctor([...args, "--offline"], { home: here, env });
    expect({ code: offline.code, ...offline.of("active") }).toMatchObject({ code: 1, status: "fail" });
    expect(offline.of("active")?.message).toContain(says);
  });

  test.each([
    ["a project that asks for another context", "context=b\n", 'you have no context "b"'],
    ["a pin of the endpoint", "endpoint=https://pinned.test\n", 'pins the endpoint "https://pinned.test"'],
    ["a pin without a value", "organization=\n", null],
    ["a credential in a project", "token=x\n", "holds a credential"],
    ["a project that is in order", "context=a\n", null],
  ])("--offline looks at the active context: %s", async (_what, rc, says) => {
    const here = homeOf({ name: "a", endpoint: "http://127.0.0.1:9" });
    writeBelow(here.path, ".bentorc", rc);
    const { code, of } = await doctor(["--offline"], { home: here });
    expect({ code, status: of("active")?.status }).toEqual(
      says === null ? { code: 0, status: "ok" } : { code: 1, status: "fail" },
    );
    expect(of("active")?.message).toContain(says ?? "the context a is active here");
  });

  test("asks no server that a pin of the project forbids", async () => {
    const [cloud, here] = [await startCloud(), home()];
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    await Bun.write(join(here.path, "project/.bentorc"), "endpoint=https://other.test\n");
    const { code, of } = await doctor([], { home: here, cwd: join(here.path, "project") });
    expect({ code, requests: cloud.requests }).toEqual({ code: 1, requests: [] });
    expect(of("endpoint")?.message).toContain('pins the endpoint "https://other.test"');
  });

  test("refuses plain http to another machine unless told otherwise", async () => {
    const here = homeOf({ name: "a", endpoint: "http://cloud.invalid", token: canary() });
    // A proxy stands in for the host, which nobody could find.
    const cloud = await startCloud();
    cloud.misbehave("GET http://cloud.invalid/api/v1/version", { status: 503 });
    const env = { HTTP_PROXY: cloud.url };
    const refused = await doctor([], { home: here, env });
    expect(refused.of("endpoint")?.status).toBe("fail");
    expect(refused.of("endpoint")?.hint).toContain("--insecure-http");
    expect(cloud.requests).toEqual([]);
    const allowed = await doctor(["--insecure-http", "--timeout", "1"], { home: here, env });
    expect(allowed.of("endpoint")?.message).toContain("HTTP 503");
  });

  test("ends at Ctrl-C with exit 130", async () => {
    const [cloud, here] = [await startCloud(), home()];
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    cloud.misbehave("GET /api/v1/version", { silent: true });
    const running = start(["doctor"], { home: here });
    await cloud.seen("GET /api/v1/version");
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({ code: 130, stdout: "" });
  });
});
