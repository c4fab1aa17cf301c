import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { homeOf, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();
const startCloud = cloudsPerTest();

/** A home with two faults that `--fix` repairs. */
function faultyHome() {
  const here = homeOf("a", "b");
  writeContexts(here, [{ name: "a" }, { name: "b" }], "__env__");
  chmodSync(here.file, 0o644);
  return here;
}

describe("doctor prints", () => {
  test("one line for each group when every check passes", async () => {
    const [cloud, here] = [await startCloud(), home()];
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    const { code, stdout, stderr } = await run(["doctor"], { home: here });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^✓ {2}This machine\n✓ {2}Contexts\n✓ {2}Server\n\nall \d+ checks passed\n$/);
  });

  test("only the problems in full, each with the command that fixes it", async () => {
    const here = faultyHome();
    const { code, stdout, stderr } = await run(["doctor", "--offline"], { home: here });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "hint: bentocloud doctor --fix repairs 2 of these\n",
    });
    expect(stdout.replaceAll(here.path, "~").replace(/\d+ checks/, "N checks")).toBe(
      [
        "✓  This machine",
        "✗  Contexts",
        "  !  modes    others can read or change ~/bentoml/.yatai.yaml",
        "  ✗  current  the current context is __env__, a name that Python bentoml writes but no context has",
        "              hint: bentocloud use NAME (`bentocloud context list` shows them)",
        "",
        "N checks passed, 1 warning, 1 failed",
        "",
      ].join("\n"),
    );
  });

  test("what was repaired", async () => {
    const { code, stdout } = await run(["doctor", "--offline", "--fix"], { home: faultyHome() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n {2}✓ {2}modes +repaired: now only you can read or change .*\n/);
  });

  test("every check with --verbose", async () => {
    const { stdout } = await run(["doctor", "--offline", "--verbose"], { home: homeOf("a") });
    for (const id of ["environment", "runtime", "home", "modes", "file", "rotations"])
      expect(stdout).toMatch(new RegExp(`\n {2}✓ {2}${id} `));
  });

  test("how to get a context when there is none", async () => {
    const { code, stdout } = await run(["doctor"], { home: home() });
    expect(code).toBe(0);
    expect(stdout).toContain("  ✓  endpoint  no context is active, so no server is asked\n");
    expect(stdout).toContain("               hint: bentocloud login\n");
  });

  test.each([60, 100])("on a terminal of %d columns: no line is wider, and the home is ~", async (cols) => {
    const here = faultyHome();
    const terminal = openTerminal(["doctor", "--offline"], { home: here, cols });
    expect((await terminal.exit).code).toBe(1);
    const lines = terminal.screen.trimEnd().split(/\r?\n/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(cols);
    expect(terminal.screen).toContain("~/bentoml/.yatai.yaml");
    expect(terminal.screen).not.toContain(here.path);
    expect(lines.at(-1)).toBe("hint: bentocloud doctor --fix repairs 2 of these");
  });
});
