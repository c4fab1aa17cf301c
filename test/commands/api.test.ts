import { describe, expect, test } from "bun:test";
import { homeOf, writeContexts } from "../store/fixture.ts";
import { home, run, start } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { CloudOptions } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();
const startCloud = cloudsPerTest();

const DEPLOYMENTS = "/api/v2/deployments";
const INFO = "/api/v1/info";

async function signedIn(options: CloudOptions = {}) {
  const cloud = await startCloud(options);
  const token = cloud.issueToken();
  const here = homeOf({ name: "mine", endpoint: cloud.url, token });
  const api = (args: string[], more: Parameters<typeof run>[1] = {}) =>
    run(["api", ...args], { home: here, ...more });
  return { cloud, here, token, api };
}

describe("the answer", () => {
  test("is printed on stdout unchanged, and stderr stays empty", async () => {
    const { cloud, token, api } = await signedIn();
    cloud.deploy(token, 2);
    const { code, stdout, stderr } = await api([DEPLOYMENTS]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(JSON.stringify(JSON.parse(stdout)));
    expect(JSON.parse(stdout)).toMatchObject({ total: 2, items: [{ name: "deployment-2" }, {}] });
    const [request] = cloud.requests;
    expect(request).toMatchObject({ method: "GET", path: DEPLOYMENTS, query: {}, body: "" });
    expect(request?.headers["x-yatai-api-token"] === token).toBe(true);
    expect(request?.headers["accept"]).toBe("application/json");
  });

  test("--json changes nothing about it", async () => {
    const { api } = await signedIn();
    const plain = await api([INFO]);
    expect(await api([INFO, "--json"])).toEqual(plain);
  });

  test("is not masked: a created token is in it", async () => {
    const { cloud, api } = await signedIn();
    const args = ["/api/v1/api_tokens", "-f", "name=ci", "-f", "scopes[]=api"];
    const { code, stdout, stderr } = await api(args, { reveals: "stdout" });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const made = JSON.parse(stdout) as { token: string };
    writeContexts(home(), [{ name: "new", token: made.token }]);
    expect(JSON.parse(cloud.requests[0]!.body)).toEqual({ name: "ci", scopes: ["api"] });
  });

  test("has the status line and the headers before it with -i", async () => {
    const { api } = await signedIn();
    const { code, stdout } = await api([INFO, "-i"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout).toContain("\r\ncontent-type: application/json; charset=utf-8\r\n");
    expect(stdout).toMatch(/\r\n\r\n\{"is_saas":true,"saas_domain_suffix":""\}$/);
  });

  test("to HEAD has no body", async () => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`HEAD ${INFO}`, { status: 200, headers: { "x-here": "yes" } });
    const { code, stdout } = await api([INFO, "-X", "head", "-i"]);
    expect(code).toBe(0);
    expect(stdout).toContain("x-here: yes\r\n");
    expect(stdout).toEndWith("\r\n\r\n");
  });

  test("without a body prints nothing", async () => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`DELETE ${INFO}`, { status: 204 });
    expect(await api(["-XDELETE", INFO])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await api(["-XDELETE", INFO, "-q", "."])).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});

describe("on a terminal", () => {
  const shownBy = async (args: string[], plan: object, env: Record<string, string> = { NO_COLOR: "1" }) => {
    const { cloud, here } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, plan as never);
    const terminal = openTerminal(["api", INFO, ...args], { home: here, env });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    return terminal.raw.replaceAll("\r\n", "\n");
  };

  test("JSON is indented, its numbers stay as they were, and control characters are escaped", async () => {
    const body = '{"a":[1.0,12345678901234567890,[],{}],"b":"x\u009b31m\u202e\\u0007"}';
    expect(await shownBy([], { status: 200, body })).toBe(
      '{\n  "a": [\n    1.0,\n    12345678901234567890,\n    [],\n    {}\n  ],\n' +
        '  "b": "x\\u009b31m\\u202e\\u0007"\n}\n',
    );
  });

  test("keys and texts of JSON have colours, unless something says otherwise", async () => {
    const plan = { status: 200, body: '{"a":["b",1,null]}' };
    const key = '\u001b[36m"a"\u001b[39m';
    const text = '\u001b[32m"b"\u001b[39m';
    expect(await shownBy([], plan, {})).toBe(`{\n  ${key}: [\n    ${text},\n    1,\n    null\n  ]\n}\n`);
    expect(await shownBy(["-q", "."], plan, {})).toContain(key);
    const plain = await shownBy([], plan, { TERM: "dumb" });
    expect(plain).toBe('{\n  "a": [\n    "b",\n    1,\n    null\n  ]\n}\n');
    expect(await shownBy(["--no-color"], plan, {})).toBe(plain);
  });

  test("control characters are removed from any other text", async () => {
    const body = "one\u001b]0;title\u0007\n\ttwo\u009b2J\u202e three";
    expect(await shownBy([], { status: 200, body })).toBe("one\n\ttwo three\n");
  });

  test("an answer that breaks off is shown as far as it came", async () => {
    const { cloud, here } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, { status: 200, body: '{"half', headers: { "content-length": "99" } });
    const terminal = openTerminal(["api", INFO, "--timeout", "0.5"], { home: here });
    expect(await terminal.exit).toMatchObject({ code: 5 });
    expect(terminal.raw).toContain('{"half');
  });

  test("control characters are removed from headers and from the results of jq", async () => {
    const body = { a: "x\u001b[31m\ny", b: { c: "\u202e" } };
    const plan = { status: 200, body, headers: { "x-a": "\u009b2Jhi" } };
    const shown = await shownBy(["-i", "-q", ".a, .b"], plan);
    expect(shown).toEndWith('\n\nx\ny\n{\n  "c": "\\u202e"\n}\n');
    expect(shown).toMatch(/\nx-a: (2J)?hi\n/);
  });
});

describe("a status of 400 and above", () => {
  test.each([
    [400, 5, "API_400"],
    [404, 5, "API_404"],
    [409, 5, "API_409"],
    [401, 4, "TOKEN_REJECTED"],
    [403, 4, "FORBIDDEN"],
    [407, 5, "UNREACHABLE"],
  ])("%i prints the body and ends with %i, %s", async (status, exit, code) => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, { status, body: { error: "no \u001b[31mway" } });
    const json = await api([INFO, "--json"]);
    expect(json).toMatchObject({ code: exit, stdout: '{"error":"no \\u001b[31mway"}' });
    const { error } = JSON.parse(json.stderr);
    expect(error).toMatchObject({ code, exit_code: exit });
    if (status !== 407) expect(error.message).toEndWith(": no way");
    const text = await api([INFO, "-q", ".error"]);
    expect(text).toMatchObject({ code: exit, stdout: json.stdout });
    expect(text.stderr).toStartWith(`error: ${error.message}\n`);
    expect(cloud.requests).toHaveLength(2);
  });

  test("404 says where the paths begin, unless this one begins there", async () => {
    const { cloud, api } = await signedIn();
    for (const path of ["/deployments", INFO]) cloud.misbehave(`GET ${path}`, { status: 404, body: {} });
    const hint = "hint: the paths of the API begin with /api/, such as /api/v2/deployments\n";
    expect((await api(["deployments"])).stderr).toEndWith(hint);
    expect((await api([INFO])).stderr).not.toContain(hint);
  });

  test.each(["yatai", "bentocloud"] as const)("a revoked token at %s is TOKEN_REJECTED", async (dialect) => {
    const { cloud, token, api } = await signedIn({ dialect });
    cloud.revoke(token);
    const { code: exit, stdout, stderr } = await api(["/api/v1/api_tokens", "--json"]);
    expect({ exit, stdout }).toEqual({ exit: 4, stdout: '{"message":"get api token: record not found"}' });
    expect(JSON.parse(stderr).error.code).toBe("TOKEN_REJECTED");
  });

  test("an expired one is TOKEN_EXPIRED", async () => {
    const { cloud, here, api } = await signedIn();
    const token = cloud.issueToken({ expiresAt: new Date(0) });
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token }]);
    const { code, stderr } = await api([DEPLOYMENTS, "--json"]);
    expect({ code, error: JSON.parse(stderr).error.code }).toEqual({ code: 4, error: "TOKEN_EXPIRED" });
  });

  test("may have no body, or one that is not JSON", async () => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, { status: 418 }, { times: 1 });
    cloud.misbehave(`GET ${INFO}`, { status: 400, body: "plain" });
    const stderr = (status: number) => `error: ${cloud.url} answered with HTTP ${status}\n`;
    expect(await api([INFO])).toMatchObject({ code: 5, stdout: "", stderr: stderr(418) });
    expect(await api([INFO])).toMatchObject({ code: 5, stdout: "plain", stderr: stderr(400) });
  });
});

describe("a web page", () => {
  test("that nobody asked for is printed and is an error", async () => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, { html: true });
    const { code, stdout, stderr } = await api([INFO, "--json"]);
    expect({ code, error: JSON.parse(stderr).error.code }).toEqual({ code: 5, error: "NOT_BENTOCLOUD" });
    expect(stdout).toStartWith("<!doctype html>");
  });

  test.each([
    ["text/plain", "<!DOCTYPE html><title>Sign in</title>"],
    ["application/json", "\n<html><p>Sign in"],
    ["application/xhtml+xml", '<?xml version="1.0"?><html/>'],
  ])("that calls itself %s is an error too", async (type, body) => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, { status: 200, body, headers: { "content-type": type } });
    const { code, stdout, stderr } = await api([INFO, "--json"]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: body });
    expect(JSON.parse(stderr).error.code).toBe("NOT_BENTOCLOUD");
  });

  test("that -H asked for is no error", async () => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, { html: true });
    expect(await api([INFO, "-H", "Accept: */*"])).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("--jq", () => {
  test.each([
    [".is_saas", "true\n"],
    [".saas_domain_suffix", "\n"],
    ["{is_saas, n: 12345678901234567890}", '{"is_saas":true,"n":12345678901234567890}\n'],
    ['"  a\\tb\\n "', "  a\tb\n \n"],
    ["keys[]", "is_saas\nsaas_domain_suffix\n"],
    ["empty", ""],
    ["[.[] | select(. == true)] | @csv", "true\n"],
    ["(1,2) as $x | try error($x) catch .", "1\n2\n"],
    ['env | has("PATH"), .HOME', "true\n/home/web_user\n"],
  ])("%p prints %p", async (expression, printed) => {
    const { api } = await signedIn();
    expect(await api([INFO, "--jq", expression])).toMatchObject({ code: 0, stdout: printed, stderr: "" });
  });

  test("an expression may begin with a dash", async () => {
    const { api } = await signedIn();
    expect(await api([INFO, "-q=-1"])).toMatchObject({ code: 0, stdout: "-1\n", stderr: "" });
  });

  test.each([[".["], ["nosuch"], [""], ['import "a" as a; 1'], ["}"]])(
    "%p is a usage error, and nothing is sent",
    async (expression) => {
      const { cloud, api } = await signedIn();
      const { code, stdout, stderr } = await api([INFO, "-X", "DELETE", "-q", expression]);
      expect({ code, stdout, requests: cloud.requests }).toEqual({ code: 2, stdout: "", requests: [] });
      expect(stderr).toMatch(/^error: the jq expression is invalid: .+\n$/);
    },
  );

  test("an expression that does not suit the answer is FAILURE", async () => {
    const { api } = await signedIn();
    const stderr = 'error: the jq expression fails on this answer: Cannot index boolean with string ("x")\n';
    expect(await api([INFO, "-q", ".is_saas.x"])).toMatchObject({ code: 1, stdout: "", stderr });
  });

  test("needs an answer in JSON", async () => {
    const { cloud, api } = await signedIn();
    cloud.misbehave(`GET ${INFO}`, { html: true }, { times: 1 });
    cloud.misbehave(`GET ${INFO}`, { brokenJson: true });
    for (const what of ["a web page", "no JSON"]) {
      const { code, stdout, stderr } = await api([INFO, "-q", "."]);
      expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
      expect(stderr).toContain(`it answers with ${what}\n`);
    }
  });

  test("an expression that never ends is stopped by Ctrl-C", async () => {
    const { here } = await signedIn();
    const running = start(["api", INFO, "--debug", "-q", "def f: f; f"], { home: here });
    await running.waitFor("-> 200");
    const pressing = setInterval(() => running.kill("SIGINT"), 100);
    const { code, signal } = await running.result.finally(() => clearInterval(pressing));
    expect(signal === "SIGINT" || code === 130).toBe(true);
  });
});
