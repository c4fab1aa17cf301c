import { describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { newFolder, program } from "../secrets/peers.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal, type TerminalOptions } from "../support/terminal.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

function homeOf(cloud: LocalCloud, names = ["alpha"]) {
  const here = home();
  writeContexts(
    here,
    names.map((name) => ({ name, endpoint: cloud.url, token: cloud.issueToken({ name: `of-${name}` }) })),
  );
  return here;
}

const CLEAR = "\r\u001b[2K";
const WHOAMI = /me@example\.test in acme/;

describe("a wait of more than half a second", () => {
  test("is shown, and gone before the answer is printed", async () => {
    const cloud = await startCloud({ delayMs: 900 });
    const terminal = openTerminal(["whoami"], { home: homeOf(cloud) });
    await terminal.waitFor(`Waiting for ${new URL(cloud.url).host}`);
    expect(await terminal.exit).toMatchObject({ code: 0 });
    const last = terminal.raw.slice(terminal.raw.lastIndexOf(CLEAR) + CLEAR.length);
    expect(last).toBe("me@example.test in acme (context alpha)\r\n");
  });

  test("goes to stderr, and stdout has the answer alone", async () => {
    const cloud = await startCloud({ delayMs: 900 });
    const terminal = openTerminal(["whoami", "--json"], { home: homeOf(cloud), stdout: "pipe" });
    await terminal.waitFor("Waiting for");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(JSON.parse(terminal.stdout)).toMatchObject({ organization: "acme" });
  });

  test("says how many contexts are checked", async () => {
    const cloud = await startCloud();
    const here = homeOf(cloud, ["alpha", "beta", "gamma"]);
    cloud.misbehave("GET /api/v1/auth/current", { delayMs: 1500 }, { times: 1 });
    const terminal = openTerminal(["status", "--all"], { home: here });
    await terminal.waitFor("Checking contexts 2/3");
    expect(await terminal.exit).toMatchObject({ code: 0 });
  });

  test("says how many tokens are stored elsewhere", async () => {
    const here = homeOf(await startCloud(), ["alpha", "beta"]);
    const folder = newFolder();
    const { env } = program(
      "docker-credential-slow",
      `cd ${folder}; case $1 in store) cat > entry; sleep 1 ;; get) cat entry ;; list) echo '{}' ;; esac`,
    );
    const terminal = openTerminal(["context", "store", "--all", "--to", "helper:slow"], { home: here, env });
    await terminal.waitFor("Storing API tokens 1/2");
    expect(await terminal.exit).toMatchObject({ code: 0 });
  });

  test("says how many of the tokens are read, and how many of the items", async () => {
    const cloud = await startCloud();
    const here = homeOf(cloud);
    for (let count = 0; count < 249; count += 1) cloud.issueToken();
    cloud.disturb(({ query }) => (query["start"] === "0" ? undefined : { delayMs: 800 }));
    const list = openTerminal(["api-token", "list"], { home: here });
    await list.waitFor("Reading API tokens 100/250");
    await list.waitFor("Reading API tokens 200/250");
    expect(await list.exit).toMatchObject({ code: 0 });
    const pages = openTerminal(["api", "/api/v1/api_tokens", "--paginate"], { home: here });
    await pages.waitFor("Reading items 100/250");
    expect(await pages.exit).toMatchObject({ code: 0 });
  });

  test("takes many requests that are quick one by one as one wait", async () => {
    const cloud = await startCloud({ delayMs: 200 });
    const here = homeOf(cloud);
    for (let count = 0; count < 499; count += 1) cloud.issueToken();
    const terminal = openTerminal(["api", "/api/v1/api_tokens", "--paginate"], { home: here });
    await terminal.waitFor(/Reading items \d00\/500/);
    expect(await terminal.exit).toMatchObject({ code: 0 });
  });

  test("ends with Ctrl-C: exits 130, and the line is gone", async () => {
    const cloud = await startCloud({ delayMs: 5000 });
    const terminal = openTerminal(["whoami"], { home: homeOf(cloud) });
    await terminal.waitFor("Waiting for");
    terminal.press("ctrl-c");
    expect(await terminal.exit).toMatchObject({ code: 130 });
    const last = terminal.raw.slice(terminal.raw.lastIndexOf(CLEAR) + CLEAR.length);
    expect(Bun.stripANSI(last)).toStartWith("error: cancelled; nothing was changed");
  });

  test.each<[what: string, args: string[], options: TerminalOptions]>([
    ["--quiet", ["--quiet"], {}],
    ["--no-input", ["--no-input"], {}],
    ["CI", [], { env: { CI: "true" } }],
    ["TERM=dumb", [], { env: { TERM: "dumb" } }],
  ])("is not shown with %s", async (_what, args, options) => {
    const cloud = await startCloud({ delayMs: 900 });
    const terminal = openTerminal(["whoami", ...args], { home: homeOf(cloud), ...options });
    await terminal.waitFor(WHOAMI);
    await terminal.exit;
    expect(terminal.raw).not.toContain("Waiting");
    expect(terminal.raw).not.toContain(CLEAR);
  });

  test("is not shown where stderr is no terminal", async () => {
    const cloud = await startCloud({ delayMs: 900 });
    expect(await run(["whoami"], { home: homeOf(cloud) })).toMatchObject({ code: 0, stderr: "" });
  });
});

test("a short wait is not shown", async () => {
  const cloud = await startCloud({ delayMs: 100 });
  const terminal = openTerminal(["whoami"], { home: homeOf(cloud) });
  await terminal.waitFor(WHOAMI);
  await terminal.exit;
  expect(terminal.raw).not.toContain(CLEAR);
});

test("its marks are ASCII where the locale is not UTF-8", async () => {
  const cloud = await startCloud({ delayMs: 900 });
  const terminal = openTerminal(["whoami"], { home: homeOf(cloud), env: { LANG: "C" } });
  await terminal.waitFor(/[|/\\-] Waiting for/);
  await terminal.exit;
  // oxlint-disable-next-line no-control-regex -- every character of ASCII
  expect(terminal.raw).toMatch(/^[\u0000-\u007f]*$/);
});
