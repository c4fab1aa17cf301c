import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, registerCanary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { homeElsewhere, showsCursor, snapshot, WAY } from "./terminal.ts";

sweepCanaries();

const started = cloudsPerTest();

/** What a terminal sends for a paste when the program has asked it to mark pastes. */
const bracketed = (text: string) => `\u001b[200~${text}\u001b[201~`;
/** Arrows, Home, F1 and F5. */
const KEYS = "\u001b[A\u001b[1;5D\u001b[H\u001bOP\u001b[15~";

const ME = "GET /api/v1/auth/current";

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
    expect(terminal.screen).toContain("hint: Python bentoml is signed in too; next: `bentocloud status`");
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
  ])("%s is refused three times without being sent", async (_, text, message) => {
    const cloud = await started();
    const place = home();
    const terminal = openTerminal(["login", "--with-token", "--endpoint", cloud.url], { home: place });
    for (const asked of [`API token for ${cloud.url}`, "Try again (2 of 3)", "Try again (3 of 3)"]) {
      await terminal.waitFor(asked);
      await terminal.waitFor(/> $/);
      terminal.write(text);
      terminal.press("enter");
    }
    expect(await terminal.exit).toEqual({ code: 2, signal: null });
    expect(terminal.screen.split(message).length - 1).toBe(3);
    expect(terminal.screen).not.toMatch(/two words|c0ffee|xxx/);
    expect(cloud.requests).toEqual([]);
    expect(place.tree()).toEqual([]);
  });

  test("one that is empty or that the server refuses is asked for again, with the reason", async () => {
    const cloud = await started();
    const place = home();
    const token = cloud.issueToken();
    const terminal = openTerminal(["login", "--with-token", "--endpoint", cloud.url], { home: place });
    await terminal.waitFor(`API token for ${cloud.url}`);
    terminal.press("enter");
    await terminal.waitFor("the API token from your input is empty\r\nTry again (2 of 3)");
    terminal.write(canary());
    terminal.press("enter");
    await terminal.waitFor("Try again (3 of 3)");
    expect(terminal.screen).toContain(
      `${cloud.url} does not accept the API token: get api token: record not found`,
    );
    terminal.write(token);
    terminal.press("enter");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(place.read()).toContain(`api_token: ${token}\n`);
  });

  test("one that cannot be checked now is not asked for again", async () => {
    const cloud = await started();
    const place = home();
    cloud.misbehave(ME, { status: 418, body: { error: "not now" } }, { times: 1 });
    const terminal = openTerminal(["login", "--with-token", "--endpoint", cloud.url], { home: place });
    await terminal.waitFor(`API token for ${cloud.url}`);
    terminal.write(cloud.issueToken());
    terminal.press("enter");
    await terminal.waitFor("Try again?");
    expect(terminal.screen).toContain("answered with HTTP 418: not now");
    terminal.write("y");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.screen.split("API token for").length - 1).toBe(1);
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

describe("login on a terminal: what is asked first", () => {
  test("a server without a browser sign-in is asked for no choice", async () => {
    const cloud = await started({ dialect: "yatai" });
    const terminal = openTerminal(["login", "--endpoint", cloud.url]);
    await terminal.waitFor(`API token for ${cloud.url} (from ${cloud.url}/api_tokens)`);
    expect(terminal.screen).toContain(`${cloud.url} has no browser sign-in, so this takes an API token`);
    expect(terminal.screen).not.toContain(WAY);
    terminal.write(cloud.issueToken());
    terminal.press("enter");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
  });

  test("what is no BentoCloud is told before a token is asked for", async () => {
    const cloud = await started();
    cloud.misbehave("GET /api/v1/auth/code", { html: true });
    const terminal = openTerminal(["login", "--endpoint", cloud.url]);
    expect(await terminal.exit).toEqual({ code: 5, signal: null });
    expect(terminal.screen).toContain("is not BentoCloud: it answers with a web page");
    expect(terminal.screen).not.toContain("API token for");
  });

  test("another server is one key away, and an address that is none is asked for again", async () => {
    const cloud = await started({ dialect: "yatai" });
    const place = home();
    const terminal = openTerminal(["login"], { home: place });
    await terminal.waitFor(`${WAY} https://cloud.bentoml.com?`);
    terminal.press("up");
    terminal.press("enter");
    await terminal.waitFor("Its address, for example https://bento.example.com");
    terminal.write("http://bento.test\r");
    await terminal.waitFor("http://bento.test is plain http");
    await terminal.waitFor(/> $/);
    terminal.write("http://127.0.0.1:1\r");
    await terminal.waitFor("nothing listens there");
    await terminal.waitFor(/> $/);
    terminal.write(`${cloud.url}/\r`);
    await terminal.waitFor(`API token for ${cloud.url}`);
    terminal.write(cloud.issueToken());
    terminal.press("enter");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(place.read()).toContain(`endpoint: ${cloud.url}\n`);
  });

  test("what the project expects stands before the question, and nothing is sent there", async () => {
    const cloud = await started();
    const place = home();
    writeFileSync(join(place.path, ".bentorc"), `endpoint=${cloud.url}\norganization=acme\n`);
    const terminal = openTerminal(["login"], { home: place });
    await terminal.waitFor(`${WAY} https://cloud.bentoml.com?`);
    expect(terminal.screen.replaceAll(/\s+/g, " ")).toMatch(
      `.bentorc: this project expects the endpoint "${cloud.url}" (choose it with --endpoint) and the organization "acme" `,
    );
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
    expect(cloud.requests).toEqual([]);
    const chosen = openTerminal(["login", "--endpoint", cloud.url], { home: place });
    await chosen.waitFor(WAY);
    expect(chosen.screen).toContain('.bentorc: this project expects the organization "acme"');
    chosen.press("ctrl-c");
    expect((await chosen.exit).code).toBe(130);
  });
});
