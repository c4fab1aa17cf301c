import { describe, expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { home } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";
import { WAY } from "./terminal.ts";

sweepCanaries();

const started = cloudsPerTest();

const open = (args: string[], place: Home) => openTerminal(args, { home: place, env: { TERM: "dumb" } });

/** Nothing was printed that moves the cursor, and no carriage return goes back to the start of a line. */
function expectPlain({ raw }: Terminal): void {
  expect(raw).not.toContain("\u001b");
  expect(raw).not.toMatch(/\r(?!\n)/);
}

describe("on a terminal that cannot move its cursor", () => {
  test("login asks for a number, reads the token hidden, and saves it", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    const place = home();
    const terminal = open(["login", "--endpoint", cloud.url], place);
    await terminal.waitFor(`${WAY} ${cloud.url}?`);
    await terminal.waitFor(/2\) .+\r\nA number from 1 to 2\r\n> $/);
    terminal.write("2\r");
    await terminal.waitFor(/API token for [^]*> $/);
    terminal.write(`${token}\r`);
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.raw).not.toContain(token);
    expect(place.read()).toContain(`api_token: ${token}\n`);
    expectPlain(terminal);
  });

  test("`use` shows the list once, and asks again for a number that is none of it", async () => {
    const place = homeOf("alpha", "beta");
    const terminal = open(["use"], place);
    await terminal.waitFor("Switch to which context?");
    await terminal.waitFor(
      "1) alpha  -  alpha.test  current, active\r\n2) beta  -  beta.test\r\nA number from 1 to 2 (Enter: 1)\r\n> ",
    );
    terminal.write("3\r");
    await terminal.waitFor(/> 3\r\nA number from 1 to 2 \(Enter: 1\)\r\n> $/);
    terminal.write("2\r");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(place.read()).toContain("current_context_name: beta\n");
    expectPlain(terminal);
  });

  test("`use` gives up after three wrong numbers", async () => {
    const terminal = open(["use"], homeOf("alpha", "beta"));
    for (const answer of ["0", "x", "1.5"]) {
      await terminal.waitFor(/\r\n> $/);
      terminal.write(`${answer}\r`);
      await terminal.waitFor(`> ${answer}\r\n`);
    }
    expect(await terminal.exit).toMatchObject({ code: 2 });
    expect(terminal.screen).toContain("error: there is no such number in the list");
  });

  test.each([
    ["y", 0],
    ["n", 1],
    ["", 1],
  ])("a question takes %j for an answer", async (answer, code) => {
    const terminal = open(["logout", "--all"], homeOf("alpha"));
    await terminal.waitFor("Remove 1 context (alpha)? [y/N]\r\n> ");
    terminal.write(`${answer}\r`);
    expect(await terminal.exit).toMatchObject({ code });
    expectPlain(terminal);
  });

  test.each([
    ["a list", ["use"], "ctrl-c"],
    ["a list", ["use"], "ctrl-d"],
    ["a question", ["logout", "--all"], "ctrl-c"],
    ["a hidden line", ["login", "--with-token"], "ctrl-c"],
    ["a hidden line", ["login", "--with-token"], "ctrl-d"],
  ] as const)("%s of `%s` is cancelled by %s", async (_what, args, key) => {
    const place = homeOf("alpha", "beta");
    const before = place.read();
    const terminal = open([...args], place);
    await terminal.waitFor(/\r\n> $/);
    terminal.press(key);
    expect(await terminal.exit).toMatchObject({ code: 130 });
    expect(terminal.screen).toContain("\r\nerror: cancelled; nothing was changed");
    expect(place.read()).toBe(before);
  });
});
