import { describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { parseContexts } from "../../src/yaml/read-document.ts";
import { homeElsewhere, snapshot } from "./terminal.ts";

sweepCanaries();

const started = cloudsPerTest();

const ASKED = "Name for this login (Enter: ";

function login(cloud: LocalCloud, place: Home, token = cloud.issueToken(), flags: string[] = []) {
  return openTerminal(["login", "--endpoint", cloud.url, "--api-token", token, ...flags], { home: place });
}

function contextsIn(place: Home): string[] {
  const { contexts, current } = parseContexts(place.read());
  return contexts.map(({ name }) => (name === current.name ? `${name}*` : name));
}

describe("login on a terminal: a name that is taken", () => {
  test("by another organization: Enter saves under the name of the organization", async () => {
    const cloud = await started();
    const place = home();
    expect((await login(cloud, place).exit).code).toBe(0);
    const second = login(cloud, place, cloud.issueToken({ organization: "Globex Corp" }));
    await second.waitFor(`${ASKED}Globex-Corp)`);
    expect(second.screen.replaceAll(/\s+/g, " ")).toContain(
      'the context "default" belongs to me@example.test in acme, but this token is of me@example.test in Globex Corp',
    );
    second.press("enter");
    expect(await second.exit).toEqual({ code: 0, signal: null });
    expect(contextsIn(place)).toEqual(["default", "Globex-Corp*"]);
    expect(second.screen).toContain("`bentocloud use` switches between your 2 contexts");
  });

  test("by another organization: the context that is this login already is the one proposed", async () => {
    const cloud = await started();
    const place = home();
    const globex = () => cloud.issueToken({ organization: "globex" });
    expect((await login(cloud, place, globex(), ["--context", "globex"]).exit).code).toBe(0);
    expect(
      (await login(cloud, place, cloud.issueToken({ organization: "acme" }), ["--context", "other"]).exit)
        .code,
    ).toBe(0);
    const again = login(cloud, place, globex());
    await again.waitFor(`${ASKED}globex)`);
    again.press("enter");
    expect((await again.exit).code).toBe(0);
    expect(again.screen).toContain(`Logged in again to ${cloud.url} as me@example.test in globex`);
    expect(contextsIn(place)).toEqual(["globex*", "other"]);
  });

  test.each(["--json", "--quiet"])(
    "by another server, with %s: the question still says what it is about",
    async (flag) => {
      const cloud = await started();
      const terminal = login(cloud, homeElsewhere(), cloud.issueToken(), [flag]);
      await terminal.waitFor(`${ASKED}acme)`);
      expect(terminal.screen).toContain(`the context "default" is for https://bento.test, not ${cloud.url}`);
      terminal.press("ctrl-c");
      expect((await terminal.exit).code).toBe(130);
    },
  );

  test("a name that cannot be one, or that is taken too, is asked for again", async () => {
    const cloud = await started();
    const place = homeElsewhere();
    const other = openTerminal(
      [
        "login",
        "--context",
        "work",
        "--endpoint",
        cloud.url,
        "--api-token",
        cloud.issueToken({ organization: "acme" }),
      ],
      { home: place },
    );
    expect((await other.exit).code).toBe(0);
    await run(["use", "default"], { home: place });
    const terminal = login(cloud, place, cloud.issueToken({ organization: "globex" }));
    await terminal.waitFor(ASKED);
    terminal.write("--yes\r");
    await terminal.waitFor("this cannot name a context: it looks like an option");
    await terminal.waitFor(/> $/);
    terminal.write("clear; bentocloud status\r");
    await terminal.waitFor("choose a name without spaces, quotes and semicolons");
    await terminal.waitFor(/> $/);
    terminal.write("work\r");
    await terminal.waitFor('the context "work" belongs to me@example.test in acme');
    await terminal.waitFor(/> $/);
    terminal.write("play\r");
    expect((await terminal.exit).code).toBe(0);
    expect(contextsIn(place)).toEqual(["default", "work", "play*"]);
  });

  test("the taken name itself replaces that login after a yes", async () => {
    const cloud = await started();
    const place = homeElsewhere();
    const terminal = login(cloud, place);
    await terminal.waitFor(ASKED);
    terminal.write("default\r");
    await terminal.waitFor('Replace the login of "default"?');
    terminal.write("n");
    await terminal.waitFor(/Name for this login[^]*Name for this login[^]*> $/);
    terminal.write("default\r");
    await terminal.waitFor(/Name for this login[^]*Name for this login[^]*Replace the login/);
    terminal.write("y");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(place.read()).toContain(`endpoint: ${cloud.url}\n`);
    expect(contextsIn(place)).toEqual(["default*"]);
  });

  test("of a protected context: a wrong name loses nothing", async () => {
    const cloud = await started();
    const place = homeElsewhere();
    await run(["context", "protect", "default"], { home: place });
    const terminal = login(cloud, place);
    await terminal.waitFor(ASKED);
    terminal.write("default\r");
    await terminal.waitFor("Replace the login");
    terminal.write("y");
    await terminal.waitFor('the context "default" is protected; type its name');
    terminal.write("wrong\r");
    await terminal.waitFor(/Name for this login[^]*Name for this login[^]*> $/);
    terminal.press("enter");
    expect((await terminal.exit).code).toBe(0);
    expect(contextsIn(place)).toEqual(["default", "acme*"]);
  });

  test("Ctrl-C at the question changes nothing", async () => {
    const cloud = await started();
    const place = homeElsewhere();
    const before = snapshot(place);
    const terminal = login(cloud, place);
    await terminal.waitFor(ASKED);
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
    expect(snapshot(place)).toEqual(before);
  });
});
