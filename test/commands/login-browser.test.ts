import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, run, start, type RunOptions, type Home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { until } from "../support/until.ts";

sweepCanaries();

const started = cloudsPerTest();

const CODE = "GET /api/v1/auth/code";
const POLL = "GET /api/v1/auth/token";

function begin(cloud: LocalCloud, flags: string[] = ["--no-browser"], options: RunOptions = {}) {
  return start(["login", "--endpoint", cloud.url, ...flags], options);
}

/** What a person does with the address on the screen: open the page and press its button. */
async function approveOnPage(text: string): Promise<void> {
  const url = new URL(/Approve this sign-in at (\S+)/.exec(text)![1]!);
  const page = await (await fetch(url)).text();
  const action = /action="([^"]+)"/.exec(page)![1]!;
  const code = /name="code" value="([^"]+)"/.exec(page)![1]!;
  await fetch(new URL(action, url), { method: "POST", body: new URLSearchParams({ code }) });
}

/** A program that notes its arguments, one a line, and stays open as a browser does. */
function fakeBrowser(place: Home, name = "browser") {
  const program = join(place.path, name);
  const notes = join(place.path, `${name}.args`);
  writeFileSync(
    program,
    `#!/bin/sh\nprintf '%s\\n' "$@" >"${notes}.new"\nmv "${notes}.new" "${notes}"\nexec sleep 30\n`,
  );
  chmodSync(program, 0o755);
  const opened = async () => {
    await until("a browser has started", () => existsSync(notes));
    return readFileSync(notes, "utf8").trimEnd().split("\n");
  };
  return { program, opened, wasOpened: () => existsSync(notes) };
}

describe("login: by browser", () => {
  test.each(["", "/team/a"])(
    "with the path prefix %j: shows the address first, and saves the token of the approval",
    async (prefix) => {
      const cloud = await started({ prefix });
      const place = home();
      const running = begin(cloud, ["--web", "--no-browser"], { home: place });
      await cloud.seen(POLL);
      expect(running.stderr).toBe(`Approve this sign-in at ${cloud.url}/api_tokens?code=${cloud.codes[0]}\n`);
      expect(place.tree()).toEqual([]);
      await approveOnPage(running.stderr);
      const { code, stdout, stderr } = await running.result;
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect(stderr).toContain(`✓ Logged in to ${cloud.url} as me@example.test in acme\n`);
      expect(place.read()).toContain(`api_token: ${cloud.requests.at(-1)!.headers["x-yatai-api-token"]}\n`);
    },
  );

  test("sends no token when it asks for the code, even if the environment or the file has one", async () => {
    const cloud = await started();
    const place = home();
    place.write(`contexts:\n- api_token: ${canary()}\n  endpoint: ${cloud.url}\n  name: default\n`);
    const env = { BENTO_CLOUD_API_KEY: canary() };
    const running = begin(cloud, undefined, { home: place, env });
    await cloud.seen(POLL);
    for (const { headers } of cloud.requests) expect(headers).not.toHaveProperty("x-yatai-api-token");
    running.kill("SIGINT");
    await running.result;
  });

  test("with --json: shows the address on stderr, and only the answer on stdout", async () => {
    const cloud = await started();
    const running = begin(cloud, ["--no-browser", "--json"]);
    await running.waitFor("Approve");
    cloud.approve();
    const { code, stdout, stderr } = await running.result;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: "default", email: "me@example.test", current: true });
    expect(stderr).toMatch(/^Approve this sign-in at \S+\n$/);
  });

  test("validates the token that the approval gave before it saves it", async () => {
    const cloud = await started();
    cloud.misbehave(POLL, { json: { token: canary() } });
    const place = home();
    const { code, stderr } = await begin(cloud, undefined, { home: place }).result;
    expect(code).toBe(4);
    expect(stderr).toContain("does not accept the API token");
    expect(place.tree()).toEqual([]);
  });

  test("exits 130 on Ctrl-C while it waits, and writes nothing", async () => {
    const cloud = await started();
    const place = home();
    const running = begin(cloud, undefined, { home: place });
    await cloud.seen(POLL);
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.result;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toEndWith("error: cancelled; nothing was changed\n");
    expect(place.tree()).toEqual([]);
  });

  test("says that Yatai has no browser sign-in, which is not a server error", async () => {
    const cloud = await started({ dialect: "yatai" });
    const { code, stdout, stderr } = await begin(cloud).result;
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(stderr).toBe(
      `error: ${cloud.url} has no browser sign-in\n` +
        `hint: make an API token at ${cloud.url}/api_tokens and pass it with --with-token\n`,
    );
  });

  test("refuses a name that is taken by another endpoint before it opens a browser", async () => {
    const cloud = await started();
    const place = home();
    place.write(`contexts:\n- api_token: ${canary()}\n  endpoint: https://bento.test\n  name: default\n`);
    const { code, stderr } = await begin(cloud, undefined, { home: place }).result;
    expect(code).toBe(2);
    expect(stderr).toContain('the context "default" is for https://bento.test');
    expect(cloud.requests).toEqual([]);
  });

  test("refuses plain http to another machine before it asks for a code", async () => {
    const { code, stderr } = await run(["login", "--endpoint", "http://bento.test", "--no-browser"]);
    expect(code).toBe(2);
    expect(stderr).toContain("is plain http");
  });
});

describe("login: the browser it opens", () => {
  test("starts BROWSER with exactly the address shown, and does not wait for it to end", async () => {
    const cloud = await started({ prefix: "/team/a" });
    const place = home();
    const browser = fakeBrowser(place);
    const running = begin(cloud, ["--web"], { home: place, env: { BROWSER: browser.program } });
    expect(await browser.opened()).toEqual([`${cloud.url}/api_tokens?code=${cloud.codes[0]}`]);
    cloud.approve();
    const { code, stderr } = await running.result;
    expect(code).toBe(0);
    expect(stderr).toStartWith("Approve this sign-in at ");
    expect(stderr).not.toContain("No browser");
  });

  test.each([
    ["arguments", "PROGRAM --new-window", ["--new-window", "URL"]],
    ["a place for the address", "PROGRAM --url=%s --x", ["--url=URL", "--x"]],
    ["others before it that do not exist", "/nowhere/a:/nowhere/b:PROGRAM", ["URL"]],
  ])("BROWSER may have %s", async (_what, written, expected) => {
    const cloud = await started();
    const place = home();
    const browser = fakeBrowser(place);
    const env = { BROWSER: written.replace("PROGRAM", browser.program) };
    const running = begin(cloud, ["--web"], { home: place, env });
    const opened = await browser.opened();
    const url = `${cloud.url}/api_tokens?code=${cloud.codes[0]}`;
    expect(opened).toEqual(expected.map((word) => word.replace("URL", url)));
    running.kill("SIGINT");
    expect((await running.result).code).toBe(130);
  });

  test("says that BROWSER does not exist, and goes on: the address still works", async () => {
    const cloud = await started();
    const running = begin(cloud, ["--web"], { env: { BROWSER: "/nowhere/browser" } });
    await running.waitFor("No browser could be opened; visit the address above\n");
    cloud.approve();
    expect((await running.result).code).toBe(0);
  });

  test.each([
    ["run BROWSER as shell code", { BROWSER: "touch$IFS./owned; touch owned" }],
    ["start a program of that name in the working directory", { BROWSER: "xdg-open", PATH: "/nonexistent" }],
  ])("does not %s", async (_what, env) => {
    const cloud = await started();
    const place = home();
    const trap = fakeBrowser(place, "xdg-open");
    const before = place.tree();
    const running = begin(cloud, ["--web"], { home: place, env });
    await running.waitFor("No browser could be opened");
    running.kill("SIGINT");
    await running.result;
    expect(trap.wasOpened()).toBe(false);
    expect(place.tree()).toEqual(before);
  });

  test("passes no credential to the browser, and no variable that loads code into it", async () => {
    const cloud = await started();
    const place = home();
    const notes = join(place.path, "environment");
    const program = join(place.path, "browser");
    writeFileSync(program, `#!/bin/sh\nenv >"${notes}.new"; mv "${notes}.new" "${notes}"\n`);
    chmodSync(program, 0o755);
    const env = {
      BROWSER: program,
      BENTO_CLOUD_API_KEY: canary(),
      BENTO_CLOUD_API_ENDPOINT: "https://other.test",
      BUN_OPTIONS: "--smol",
      KEPT: "yes",
    };
    const running = begin(cloud, ["--web"], { home: place, env });
    await cloud.seen(POLL);
    await until("a browser has started", () => existsSync(notes));
    const names = readFileSync(notes, "utf8").split("\n");
    expect(names).toContain("KEPT=yes");
    expect(names.filter((line) => /^(BENTO_CLOUD|BUN_OPTIONS)/.test(line))).toEqual([]);
    running.kill("SIGINT");
    await running.result;
  });

  test("opens no browser with --no-browser", async () => {
    const cloud = await started();
    const place = home();
    const browser = fakeBrowser(place);
    const env = { BROWSER: browser.program };
    const running = begin(cloud, ["--web", "--no-browser"], { home: place, env });
    await cloud.seen(POLL);
    running.kill("SIGINT");
    expect((await running.result).code).toBe(130);
    expect(browser.wasOpened()).toBe(false);
  });

  const hostile = [
    "../../../evil",
    "https://evil.test/",
    "@evil.test/",
    "x&redirect=https://evil.test",
    "x#fragment",
    "$(touch owned);`touch owned`",
    "'; touch owned; '",
    '" --profile=/tmp "',
    "a\u001b]0;title\u0007\r\nb",
    "%2e%2e%00",
  ];
  test.each(hostile)("keeps a hostile code inside a parameter of our own address: %j", async (text) => {
    const cloud = await started();
    cloud.misbehave(CODE, { json: { code: text } });
    const place = home();
    const browser = fakeBrowser(place);
    const before = place.tree();
    const running = begin(cloud, ["--web"], { home: place, env: { BROWSER: browser.program } });
    const opened = await browser.opened();
    await running.waitFor("Approve");
    running.kill("SIGINT");
    await running.result;
    expect(opened).toHaveLength(1);
    const url = new URL(opened[0]!);
    expect([url.origin, url.pathname, url.hash]).toEqual([new URL(cloud.url).origin, "/api_tokens", ""]);
    expect([...url.searchParams]).toEqual([["code", text]]);
    expect(running.stderr).toStartWith(`Approve this sign-in at ${opened[0]}\n`);
    expect(place.tree()).toEqual([...before, "browser.args 0644"].toSorted());
  });
});
