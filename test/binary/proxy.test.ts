import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run, start, type Running } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { isMissing } from "../support/runtimes.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { lineWrittenTo } from "../support/until.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

const USER = "/api/v1/auth/current";

function loginTo(cloud: LocalCloud): Home {
  const token = cloud.issueToken({ email: "ada@example.test" });
  return homeOf({ name: "mine", endpoint: cloud.url, token });
}

/** The runtime raises the soft limit to the hard one. */
function mayOpenFiles(): boolean {
  if (process.platform !== "linux") return false;
  const [, , hard] = /^Max open files +(\S+) +(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return hard === "unlimited" || Number(hard) >= 11_000;
}

interface Access {
  endpoint: string;
  api_key: string;
  page: string | null;
}

async function startProxy(home: Home, args: string[] = [], env: Record<string, string> = {}) {
  const running = start(["proxy", "--json", ...args], { home, env });
  await running.waitFor("}\n");
  return { running, access: JSON.parse(running.stdout) as Access & Record<string, unknown> };
}

const ask = ({ endpoint, api_key }: Access, path = USER, options: RequestInit = {}) =>
  fetch(endpoint + path, { ...options, headers: { "X-YATAI-API-TOKEN": api_key, "User-Agent": "python" } });

async function interrupt(running: Running) {
  running.kill("SIGINT");
  return running.result;
}

describe("proxy", () => {
  test("adds the login to the requests of those who have its key, and logs them", async () => {
    const cloud = await newCloud();
    const running = start(["proxy"], { home: loginTo(cloud) });
    await running.waitFor("until Ctrl-C\n");
    const [, endpoint = "", key = ""] =
      /^BENTO_CLOUD_API_ENDPOINT=(http:\/\/127\.0\.0\.1:\d+)\nBENTO_CLOUD_API_KEY=([\da-f]{64})\n$/.exec(
        running.stdout,
      ) ?? [];
    const access = { endpoint, api_key: key, page: null };
    expect(await (await ask(access, `${USER}?a=1`)).json()).toMatchObject({ email: "ada@example.test" });
    expect((await ask({ ...access, api_key: "x" })).status).toBe(401);
    expect((await ask(access, `/${key}`)).status).toBe(400);
    const { code, stderr } = await interrupt(running);
    expect(code).toBe(130);
    expect(stderr.replaceAll(/\d+ ms/g, "N ms")).toBe(
      `Requests to ${endpoint} go to ${cloud.url} as "mine", until Ctrl-C\n` +
        `GET ${USER} 200 N ms\nGET ${USER} 401 N ms\nGET /****${key.slice(-4)} 400 N ms\n`,
    );
    expect(await ask(access).catch(() => "closed")).toBe("closed");
  });

  test("ends by itself after --for", async () => {
    const cloud = await newCloud();
    const before = Date.now();
    const { running, access } = await startProxy(loginTo(cloud), ["--for", "5s", "--read-only"]);
    expect(access).toMatchObject({ page: null, read_only: true });
    expect(Date.parse(String(access["expires_at"]))).toBeWithin(before + 4000, Date.now() + 5000);
    expect((await ask(access, "/api/v2/deployments", { method: "POST" })).status).toBe(403);
    expect(await running.result).toMatchObject({ code: 0 });
  });

  test("listens on the port that is asked for, or says that it is taken", async () => {
    const cloud = await newCloud();
    const home = loginTo(cloud);
    const { running, access } = await startProxy(home);
    const { port } = new URL(access.endpoint);
    expect(await run(["proxy", "--port", port], { home })).toMatchObject({
      code: 1,
      stderr: `error: the port ${port} is in use\nhint: choose another one with --port\n`,
    });
    await interrupt(running);
    const again = await startProxy(home, ["--port", port]);
    expect(again.access.endpoint).toBe(access.endpoint);
    await interrupt(again.running);
  });

  test.each([
    [["--port", "0"], "--port takes a number"],
    [["--port", "70000"], "--port takes a number"],
    [["--for", "1"], "--for takes a time"],
    [["--for", "0s"], "--for takes a time"],
    [["--for", "25d"], "--for takes a time"],
  ])("%p exits 2", async (args, message) => {
    const { code, stderr } = await run(["proxy", ...args], { home: loginTo(await newCloud()) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  test.each([[[]], [["--open"]]])("with %j asks for the name of a protected context", async (args) => {
    const home = loginTo(await newCloud());
    await run(["context", "protect", "mine"], { home });
    const { code, stderr } = await run(["proxy", ...args], { home });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("pass --yes=mine to run a proxy with it"),
    });
    const { running, access } = await startProxy(home, [...args, "--yes=mine"], { BROWSER: "true" });
    expect((await ask(access)).status).toBe(200);
    await interrupt(running);
  });

  needs({ right: "11,000 open files", isGiven: mayOpenFiles }).test(
    "answers while 10,000 connections send half a request, and after that",
    async () => {
      const { running, access } = await startProxy(loginTo(await newCloud()));
      const { hostname, port } = new URL(access.endpoint);
      const sockets: Bun.Socket[] = [];
      while (sockets.length < 10_000) {
        const opened = Array.from({ length: 500 }, () =>
          Bun.connect({
            hostname,
            port: Number(port),
            socket: { open: (socket) => void socket.write("GET / HT"), data() {}, error() {} },
          }),
        );
        sockets.push(...(await Promise.all(opened)));
      }
      expect((await ask(access)).status).toBe(200);
      for (const socket of sockets) socket.terminate();
      expect((await ask(access)).status).toBe(200);
      await interrupt(running);
    },
    60_000,
  );

  test.skipIf(isMissing("deno"))("says that Deno cannot run it", async () => {
    const home = loginTo(await newCloud());
    const { code, stderr } = await run(["proxy"], { home, command: programCommand("deno") });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("this runtime cannot run the proxy"),
    });
  });
});

describe("proxy --open", () => {
  /** A browser that writes down which address it is given. */
  async function open() {
    const cloud = await newCloud();
    const home = loginTo(cloud);
    const browser = writeBelow(home.path, "browser", '#!/bin/sh\necho "$1" >"$(dirname "$0")/opened"\n');
    chmodSync(browser, 0o755);
    const { running, access } = await startProxy(home, ["--open"], { BROWSER: browser });
    return { home, running, access, page: access.page! };
  }

  test("opens an address that works once and gives a cookie", async () => {
    const { home, running, access, page } = await open();
    expect(await lineWrittenTo(`${home.path}/opened`)).toBe(`${page}\n`);
    const first = await fetch(page, { redirect: "manual" });
    expect([first.status, (await first.text()).includes('content="0;url=/"')]).toEqual([200, true]);
    const { port } = new URL(page);
    const set = first.headers.get("set-cookie") ?? "";
    expect(set).toMatch(new RegExp(`^bentocloud-${port}=[\\da-f]{64}; HttpOnly; SameSite=Strict; Path=/$`));
    expect((await fetch(page)).status).toBe(410);
    const cookie = set.split(";")[0]!;
    const browse = (headers: Record<string, string> = {}) =>
      fetch(access.endpoint + USER, { headers: { Cookie: cookie, "User-Agent": "python", ...headers } });
    expect((await browse()).status).toBe(200);
    expect((await browse({ Origin: "https://evil.test" })).status).toBe(403);
    expect((await browse({ "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
    expect((await browse({ Cookie: `${cookie}x` })).status).toBe(401);
    await interrupt(running);
    expect(running.stderr).not.toContain(cookie);
  });

  test("gives nothing to a wrong address, or under another name of this machine", async () => {
    const { running, page } = await open();
    expect((await fetch(`${page}x`)).status).toBe(410);
    expect((await fetch(page, { headers: { Host: "evil.test" } })).status).toBe(421);
    expect((await fetch(page)).status).toBe(200);
    await interrupt(running);
  });
});
