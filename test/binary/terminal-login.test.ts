import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { canary, registerCanary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { homeElsewhere, showsCursor, snapshot, WAY } from "./terminal.ts";

sweepCanaries();

const started = cloudsPerTest();

/** What a terminal sends for a paste when the program has asked it to mark pastes. */
const bracketed = (text: string) => `\u001b[200~${text}\u001b[201~`;
/** Arrows, Home, F1 and F5. */
const KEYS = "\u001b[A\u001b[1;5D\u001b[H\u001bOP\u001b[15~";

const POLL = "GET /api/v1/auth/token";
describe("login on a terminal: a token is pasted", () => {
  test("asks how to sign in, reads the token hidden, and saves it", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    const terminal = openTerminal(["login", "--endpoint", cloud.url], { home: place });
    await terminal.waitFor(`${WAY} ${cloud.url}?`);
    terminal.press("down");
    terminal.press("enter");
    await terminal.waitFor(`API token for ${cloud.url} (from ${cloud.url}/api_tokens)`);
    terminal.write(token);
    terminal.press("enter");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.screen).toContain(`Logged in to ${cloud.url} as me@example.test in acme`);
    expect(terminal.raw).not.toContain(token);
    expect(showsCursor(terminal)).toBe(true);
    expect(place.read()).toContain(`api_token: ${token}\n`);
  });

  test("login --with-token asks instead of waiting before a silent cursor", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    const terminal = openTerminal(["login", "--with-token", "--endpoint", cloud.url], { home: place });
    await terminal.waitFor(`API token for ${cloud.url}`);
    terminal.write(`  ${token} `);
    terminal.press("enter");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.screen).not.toContain(WAY);
    expect(place.read()).toContain(`api_token: ${token}\n`);
  });

  const NO_TOKEN = "has characters that no token has";
  test.each([
    ["nothing", "", "the API token from your input is empty"],
    ["two words", "two words", NO_TOKEN],
    ["a line feed inside", "c0ffeec0ff\neec0ffee12", "what was pasted has several lines"],
    ["a carriage return inside", "c0ffeec0ff\reec0ffee12", "what was pasted has several lines"],
    ["a line feed inside, bracketed", bracketed("c0ffeec0ff\neec0ffee12"), NO_TOKEN],
    ["a carriage return inside, bracketed", bracketed("c0ffeec0ff\r\neec0ffee12"), NO_TOKEN],
    ["an interrupt inside, bracketed", bracketed("c0ffeec0ff\u0003eec0ffee12"), NO_TOKEN],
    ["more than can be kept", "x".repeat(70_000), "what was pasted is too long"],
    ["more than can be kept, bracketed", bracketed("x".repeat(70_000)), "what was pasted is too long"],
  ])("%s is refused without being sent", async (_, text, message) => {
    const cloud = await started();
    const place = home();
    const terminal = openTerminal(["login", "--with-token", "--endpoint", cloud.url], { home: place });
    await terminal.waitFor(`API token for ${cloud.url}`);
    terminal.write(text);
    terminal.press("enter");
    expect(await terminal.exit).toEqual({ code: 2, signal: null });
    expect(terminal.screen).toContain(message);
    expect(terminal.screen).not.toMatch(/two words|c0ffee|xxx/);
    expect(cloud.requests).toEqual([]);
    expect(place.tree()).toEqual([]);
  });

  test.each([
    ["4,096 characters", (token: string) => token],
    ["4,096 characters, bracketed", bracketed],
    ["line ends around it, bracketed", (token: string) => bracketed(`\r\n${token}\n`)],
    ["line ends behind it", (token: string) => `${token}\r\n\n`],
    ["a mistake that is taken back", (token: string) => `wrong\u0015${token}ab\u007f\u007f`],
    ["keys that mean nothing here", (token: string) => `${KEYS}${token.slice(0, 9)}${KEYS}${token.slice(9)}`],
  ])("%s: all of the token arrives", async (_, write) => {
    const token = registerCanary(`${canary()}${"k".repeat(4096)}`.slice(0, 4096));
    const cloud = await started();
    cloud.issueToken();
    Object.assign(cloud.tokens[0]!, { value: token });
    const place = home();
    const terminal = openTerminal(["login", "--with-token", "--endpoint", cloud.url], { home: place });
    await terminal.waitFor(`API token for ${cloud.url}`);
    terminal.write(write(token));
    await terminal.waitFor(/\(409\d characters\)/);
    terminal.press("enter");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(place.read().replaceAll(/\s/g, "")).toContain(`api_token:${token}`);
  });

  test("asks on the terminal while stdout is a pipe, which gets only the answer", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const terminal = openTerminal(["login", "--with-token", "--json", "--endpoint", cloud.url], {
      stdout: "pipe",
    });
    await terminal.waitFor(`API token for ${cloud.url}`);
    terminal.write(token);
    terminal.press("enter");
    expect((await terminal.exit).code).toBe(0);
    expect(JSON.parse(terminal.stdout)).toMatchObject({ name: "default", endpoint: cloud.url });
  });

  test("takes BENTO_CLOUD_API_KEY without a question", async () => {
    const cloud = await started();
    const env = { BENTO_CLOUD_API_KEY: cloud.issueToken(), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    const terminal = openTerminal(["login"], { env });
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.screen).not.toContain(WAY);
  });
});

describe("login on a terminal: nobody may be asked", () => {
  test.each([
    ["--no-input", ["--no-input"], {}],
    ["CI=true", [], { CI: "true" }],
    ["CI=1", [], { CI: "1" }],
  ])("%s: exit 2 instead of a question", async (_, flags, env) => {
    const place = home();
    const options = { home: place, env: env as Record<string, string> };
    const open = openTerminal(["login", ...flags], options);
    expect(await open.exit).toEqual({ code: 2, signal: null });
    expect(open.screen).toContain("there is no token, and nobody to ask for one");
    const paste = openTerminal(["login", "--with-token", ...flags], options);
    expect(await paste.exit).toEqual({ code: 2, signal: null });
    expect(paste.screen).toContain('cannot ask "API token for');
    expect(place.tree()).toEqual([]);
  });

  test("CI=false does not count as CI", async () => {
    const terminal = openTerminal(["login"], { env: { CI: "false" } });
    await terminal.waitFor(WAY);
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
  });

  test("--no-input does not replace a name that is taken", async () => {
    const cloud = await started();
    const place = homeElsewhere();
    const before = snapshot(place);
    const argv = ["login", "--no-input", "--endpoint", cloud.url, "--api-token", cloud.issueToken()];
    const terminal = openTerminal(argv, { home: place });
    expect(await terminal.exit).toEqual({ code: 2, signal: null });
    expect(terminal.screen).toContain("--force");
    expect(snapshot(place)).toEqual(before);
  });
});

describe("login on a terminal: a name that is taken", () => {
  function replacing(cloud: LocalCloud, place: Home) {
    return openTerminal(["login", "--endpoint", cloud.url, "--api-token", cloud.issueToken()], {
      home: place,
    });
  }

  test("is replaced after a yes", async () => {
    const cloud = await started();
    const place = homeElsewhere();
    const terminal = replacing(cloud, place);
    await terminal.waitFor("Replace it?");
    expect(terminal.screen).toContain(`the context "default" is for https://bento.test, not ${cloud.url}`);
    terminal.write("y");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(place.read()).toContain(`endpoint: ${cloud.url}\n`);
  });

  test.each(["--json", "--quiet"])("with %s: the question still says what it is about", async (flag) => {
    const cloud = await started();
    const argv = ["login", "--endpoint", cloud.url, "--api-token", cloud.issueToken(), flag];
    const terminal = openTerminal(argv, { home: homeElsewhere() });
    await terminal.waitFor("Replace it?");
    expect(terminal.screen).toContain(`the context "default" is for https://bento.test, not ${cloud.url}`);
    terminal.write("n");
    expect((await terminal.exit).code).toBe(1);
  });

  test.each([
    ["a no", "n"],
    ["Enter alone", "\r"],
  ])("is kept after %s", async (_, answer) => {
    const cloud = await started();
    const place = homeElsewhere();
    const before = snapshot(place);
    const terminal = replacing(cloud, place);
    await terminal.waitFor("Replace it?");
    terminal.write(answer);
    expect(await terminal.exit).toEqual({ code: 1, signal: null });
    expect(terminal.screen).toContain("error: kept the context as it was");
    expect(cloud.requests).toEqual([]);
    expect(snapshot(place)).toEqual(before);
  });

  test("asks about another organization after the server has said whose the token is", async () => {
    const cloud = await started();
    const place = home();
    const login = (token: string) =>
      openTerminal(["login", "--endpoint", cloud.url, "--api-token", token], { home: place });
    expect((await login(cloud.issueToken()).exit).code).toBe(0);
    const token = cloud.issueToken({ organization: "globex" });
    const refused = login(token);
    await refused.waitFor("Replace it?");
    expect(refused.screen.replaceAll(/\s+/g, " ")).toContain("belongs to me@example.test in acme");
    refused.write("n");
    expect((await refused.exit).code).toBe(1);
    expect(place.read()).not.toContain(token);
    const accepted = login(token);
    await accepted.waitFor("Replace it?");
    accepted.write("y");
    expect((await accepted.exit).code).toBe(0);
    expect(place.read()).toContain(token);
  });
});

describe("login on a terminal: by browser", () => {
  test("shows the address, opens it, counts down on one line, and removes that line", async () => {
    const cloud = await started();
    const place = home();
    const browser = join(place.path, "browser");
    writeFileSync(browser, `#!/bin/sh\nprintf %s "$*" >"${place.path}/opened"\n`);
    chmodSync(browser, 0o755);
    const terminal = openTerminal(["login", "--endpoint", cloud.url], {
      home: place,
      env: { BROWSER: browser },
    });
    await terminal.waitFor(WAY);
    terminal.press("enter");
    await terminal.waitFor("Waiting for approval, 10 minutes left (Ctrl-C cancels)");
    const address = `${cloud.url}/api_tokens?code=${cloud.codes[0]}`;
    expect(terminal.screen).toContain(`Approve this sign-in at ${address}\r\n`);
    cloud.approve();
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(readFileSync(join(place.path, "opened"), "utf8")).toBe(address);
    expect(terminal.raw).toMatch(/Waiting for approval[^\n]*\r\u001b\[2K[^W]*Logged in to/);
    expect(showsCursor(terminal)).toBe(true);
  });

  test.each(["--quiet", "--json"])("with %s: shows the address without a countdown", async (flag) => {
    const cloud = await started();
    const terminal = openTerminal(["login", "--no-browser", flag, "--endpoint", cloud.url]);
    await cloud.seen(POLL);
    expect(terminal.screen).toBe(
      `Approve this sign-in at ${cloud.url}/api_tokens?code=${cloud.codes[0]}\r\n`,
    );
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
  });
});
