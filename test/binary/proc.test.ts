import { expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "../store/fixture.ts";
import { type Home, run } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { needsMount } from "./faults/disk.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

/**
 * Bun itself needs to read where its stack is, and aborts without. So `/proc` has that line and nothing else; it stays
 * true, because the kernel chooses no random addresses for these processes.
 */
const HIDING_PROC = `
stack=$(setarch -R cat /proc/self/maps | grep stack)
mount -t tmpfs none "$1" && mkdir "$1/self" && echo "$stack" >"$1/self/maps" && mount --bind "$1" /proc
shift
exec setarch -R "$@"`;

function runWithoutProc(words: readonly string[], here: Home, stdin?: string) {
  const empty = join(here.path, "empty");
  mkdirSync(empty, { recursive: true });
  const command = ["unshare", "-m", "sh", "-c", HIDING_PROC, "sh", empty, ...programCommand()];
  return run(words, { home: here, command, ...(stdin !== undefined && { stdin }) });
}

needsMount.describe("where /proc has nothing for us", () => {
  needsMount.test("login, use and logout work", async () => {
    const here = homeOf("a", "b");
    const token = cloud.issueToken();
    const login = ["login", "--with-token", "--endpoint", cloud.url, "--context", "c"];
    expect(await runWithoutProc(login, here, token)).toMatchObject({ code: 0 });
    expect(await runWithoutProc(["use", "b"], here)).toMatchObject({ code: 0 });
    expect(await runWithoutProc(["logout", "c"], here)).toMatchObject({ code: 0 });
    expect(here.read()).toContain("current_context_name: b");
  });

  needsMount.test("doctor finds nothing to complain about", async () => {
    const { stdout } = await runWithoutProc(["doctor", "--offline"], homeOf("a"));
    expect(stdout).toMatch(/all \d+ checks passed/);
  });
});
