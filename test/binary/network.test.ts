import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { startCloud } from "../support/cloud.ts";
import { programCommand } from "../support/program.ts";
import { startProxy } from "../support/proxy.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";

sweepCanaries();

const certificates = await makeCertificates();
const cloud = await startCloud({ tls: certificates.leaf });
const proxy = await startProxy();
const endpoint = `https://cloud.test:${cloud.port}`;
afterEach(() => void proxy.requests.splice(0));
afterAll(() => Promise.all([cloud.stop(), proxy.stop()]));

/** All requests of the program go through the proxy, which records them. */
const env = {
  HTTP_PROXY: proxy.url,
  HTTPS_PROXY: proxy.url,
  ALL_PROXY: proxy.url,
  NODE_EXTRA_CA_CERTS: certificates.caFile(),
};

async function signedIn() {
  const here = home();
  const args = ["login", "--with-token", "--endpoint", endpoint];
  expect((await run(args, { home: here, env, stdin: cloud.issueToken() })).code).toBe(0);
  return here;
}

const hosts = () => new Set(proxy.requests.map(({ method, host, port }) => `${method} ${host}:${port}`));

describe("no request except to the named endpoint", () => {
  test.each([
    [["login"]],
    [["status"]],
    [["status", "--all"]],
    [["whoami"]],
    [["api", "/api/v1/info", "-q", "."]],
  ])("%p", async (args) => {
    const here = await signedIn();
    proxy.requests.splice(0);
    const login = args[0] === "login" ? ["--with-token", "--endpoint", endpoint] : [];
    const stdin = cloud.issueToken();
    expect((await run([...args, ...login], { home: here, env, stdin })).code).toBe(0);
    expect(hosts()).toEqual(new Set([`CONNECT cloud.test:${cloud.port}`]));
  });

  test("the host of a redirect is not looked up", async () => {
    const other = await startCloud({ tls: certificates.leaf });
    const target = `https://localhost.test:${other.port}/`;
    cloud.misbehave("GET /api/v1/auth/current", { redirect: target }, { times: 1 });
    const args = ["login", "--with-token", "--endpoint", endpoint];
    const { code, stderr } = await run(args, { env, stdin: cloud.issueToken() });
    expect(code).toBe(4);
    expect(stderr).toContain(`redirects to ${target}; nothing was sent there`);
    expect(hosts()).toEqual(new Set([`CONNECT cloud.test:${cloud.port}`]));
    expect(other.requests).toEqual([]);
    await other.stop();
  });
});

needs("strace").describe("no request at all", () => {
  /** The system calls of the command for connections and look-ups of names. */
  async function traceOf(args: string[]): Promise<string> {
    const here = await signedIn();
    const trace = join(here.path, "trace");
    const strace = ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", trace, ...programCommand()];
    proxy.requests.splice(0);
    const options = { home: here, cwd: here.bentoml, env, command: strace, reveals: true } as const;
    expect((await run(args, options)).code).toBe(0);
    return readFileSync(trace, "utf8");
  }

  test("the check works: it sees the connection of whoami", async () => {
    expect(await traceOf(["whoami"])).toContain("AF_INET");
  });

  test.each([
    [["token"]],
    [["status", "--offline"]],
    [["status", "--all", "--offline"]],
    [["doctor", "--offline"]],
    [["context", "list"]],
    [["context", "show"]],
    [["use", "default"]],
    [["link"]],
    [["current-context"]],
    [["explain"]],
    [["__complete", "zsh", "", "use"]],
    [["--version"]],
    [["--help"]],
    [["logout"]],
  ])("%p opens no connection", async (args) => {
    expect(await traceOf(args)).not.toContain("AF_INET");
    expect(proxy.requests).toEqual([]);
  });
});

describe("plain http", () => {
  test("to another machine is refused before anything is sent", async () => {
    const args = ["login", "--with-token", "--json", "--endpoint", "http://cloud.test:81"];
    const { code, stderr } = await run(args, { env, stdin: cloud.issueToken() });
    const { error } = JSON.parse(stderr);
    expect({ code, error: error.code, requests: proxy.requests }).toEqual({
      code: 2,
      error: "USAGE",
      requests: [],
    });
    expect(error.hint).toContain("--insecure-http");
  });

  test("is refused again after --insecure-http was given once", async () => {
    const plain = await startCloud();
    const here = home();
    const url = `http://cloud.test:${plain.port}`;
    const args = ["login", "--with-token", "--endpoint", url, "--insecure-http"];
    expect((await run(args, { home: here, env, stdin: plain.issueToken() })).code).toBe(0);
    const before = plain.requests.length;
    expect((await run(["whoami"], { home: here, env })).code).toBe(2);
    expect(plain.requests).toHaveLength(before);
    expect((await run(["whoami", "--insecure-http"], { home: here, env })).code).toBe(0);
    await plain.stop();
  });
});
