import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal, type TerminalOptions } from "../support/terminal.ts";
import { homeElsewhere, showsCursor, snapshot, WAY } from "./terminal.ts";

sweepCanaries();

const started = cloudsPerTest();

const POLL = "GET /api/v1/auth/token";
const DELETE = "DELETE /api/v1/api_tokens/{uid}";

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
    await terminal.waitFor(/\S Waiting for approval, 9:5\d left \(Ctrl-C cancels\)/);
    const address = `${cloud.url}/api_tokens?code=${cloud.codes[0]}`;
    expect(terminal.raw).toContain(`Approve this sign-in at \u001b[1m${address}\u001b[22m\r\n`);
    await terminal.waitFor("⠙");
    cloud.approve();
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    const opened = join(place.path, "opened");
    expect(existsSync(opened) && readFileSync(opened, "utf8")).toBe(address);
    expect(terminal.raw).toMatch(/Waiting for approval[^\n]*\r\u001b\[2K[^W]*Logged in to/);
    expect(showsCursor(terminal)).toBe(true);
  });

  test.each([
    ["in ASCII", { LANG: "C" }, /[|/\\-] Waiting for approval/],
    ["on a dumb terminal not at all", { TERM: "dumb" }, undefined],
  ])("shows that it waits %s", async (_, env: Record<string, string>, shown) => {
    const cloud = await started();
    const terminal = openTerminal(["login", "--no-browser", "--endpoint", cloud.url], { env });
    await cloud.seen(POLL);
    if (shown) await terminal.waitFor(shown);
    else expect(terminal.raw).toEndWith(`code=${cloud.codes[0]}\r\n`);
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
  });

  test("with --quiet: shows the address without a countdown", async () => {
    const cloud = await started();
    const terminal = openTerminal(["login", "--no-browser", "--quiet", "--endpoint", cloud.url]);
    await cloud.seen(POLL);
    expect(terminal.screen).toBe(
      `Approve this sign-in at ${cloud.url}/api_tokens?code=${cloud.codes[0]}\r\n`,
    );
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
  });

  test("on a narrow terminal: the address stays one word, to be opened and copied", async () => {
    const cloud = await started();
    const terminal = openTerminal(["login", "--no-browser", "--endpoint", cloud.url], { cols: 40 });
    await cloud.seen(POLL);
    expect(terminal.screen).toStartWith(
      `Approve this sign-in at\r\n${cloud.url}/api_tokens?code=${cloud.codes[0]}\r\n`,
    );
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
  });
});

describe("an API token that the browser made, and that is not kept,", () => {
  /** A sign-in over a context of another server, so that it asks for a name once it is approved. */
  async function approved(cloud: LocalCloud, options: TerminalOptions & { home: Home }) {
    const terminal = openTerminal(["login", "--no-browser", "--endpoint", cloud.url], options);
    await cloud.seen(POLL);
    cloud.approve();
    return terminal;
  }
  const names = (cloud: LocalCloud) => cloud.tokens.map(({ name }) => name);

  test("is deleted after Ctrl-C at the question for a name", async () => {
    const cloud = await started();
    cloud.issueToken({ name: "other", createdAt: new Date(Date.now() - 60_000) });
    const place = homeElsewhere();
    const before = snapshot(place);
    const terminal = await approved(cloud, { home: place });
    await terminal.waitFor("Name for this login (Enter: acme)");
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
    expect(terminal.screen).toContain(
      'Deleted the API token "browser-2", which the browser made for this sign-in',
    );
    expect(names(cloud)).toEqual(["other"]);
    expect(snapshot(place)).toEqual(before);
  });

  test("is deleted after Ctrl-C right after the approval", async () => {
    const cloud = await started();
    const terminal = openTerminal(["login", "--no-browser", "--endpoint", cloud.url], { home: home() });
    await cloud.seen(POLL);
    cloud.misbehave(POLL, { status: 404 }, { times: 1 });
    cloud.approve();
    await cloud.seen(POLL, 2);
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
    expect(names(cloud)).toEqual([]);
  });

  test("is deleted when the login cannot be saved", async () => {
    const cloud = await started();
    const place = home();
    const command = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", ...programCommand()];
    const terminal = await approved(cloud, { home: place, command });
    await terminal.waitFor("Try again?");
    terminal.press("enter");
    expect((await terminal.exit).code).toBe(6);
    expect(names(cloud)).toEqual([]);
  });

  test.each([
    ["is deleted when the contexts file broke meanwhile", "contexts: [\n", []],
    ["is not deleted when the broken file has it", "TOKEN [\n", ["browser-1"]],
  ])("%s", async (_what, broken, left) => {
    const cloud = await started();
    const place = homeElsewhere();
    const terminal = openTerminal(["login", "--no-browser", "--endpoint", cloud.url], { home: place });
    await cloud.seen(POLL);
    place.write(broken.replace("TOKEN", cloud.approve()));
    expect((await terminal.exit).code).toBe(6);
    expect(names(cloud)).toEqual(left);
  });

  test("is not deleted when it may be kept already, and named where it cannot be deleted", async () => {
    const cloud = await started();
    cloud.misbehave(DELETE, { status: 500, body: { error: "boom" } });
    const terminal = await approved(cloud, { home: homeElsewhere() });
    await terminal.waitFor("Name for this login");
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
    expect(terminal.screen.replaceAll(/\s+/g, " ")).toContain(
      'the API token "browser-1" that the browser made for this sign-in is still valid, and nobody has kept it; ' +
        `delete it at ${cloud.url}/api_tokens`,
    );
  });

  test("is left alone when two were made at once, and the person is told", async () => {
    const cloud = await started();
    const terminal = await approved(cloud, { home: homeElsewhere() });
    const other = cloud.issueToken();
    await fetch(`${cloud.url}/api/v1/auth/current`, {
      headers: { "X-YATAI-API-TOKEN": other, "User-Agent": "bentocloud/0" },
    });
    await terminal.waitFor("Name for this login");
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
    expect(terminal.screen.replaceAll(/\s+/g, " ")).toContain(
      `delete the newest one at ${cloud.url}/api_tokens`,
    );
    expect(names(cloud)).toHaveLength(2);
  });

  test("is told of with --json too, where a warning is in the error", async () => {
    const cloud = await started();
    const place = home();
    place.write(
      `contexts:\n- api_token: ${canary()}\n  endpoint: ${cloud.url}\n  email: a@example.test\n  name: default\n`,
    );
    const argv = ["login", "--no-browser", "--json", "--no-input", "--endpoint", cloud.url];
    const terminal = openTerminal(argv, { home: place });
    await cloud.seen(POLL);
    cloud.approve();
    expect((await terminal.exit).code).toBe(2);
    expect(terminal.screen).toContain("bentocloud login --context acme --no-browser --endpoint");
    expect(names(cloud)).toEqual([]);
  });
});
