import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { denoCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const SOURCE = join(import.meta.dir, "../../src/main.ts");
// Node runs TypeScript as it is from 22.18 on; an older one on this machine has nothing to say here.
const nodeStripsTypes =
  spawnSync("node", ["-p", "process.features.typescript"]).stdout?.toString().trim() === "strip";

describe("the same sources, without compiling", () => {
  test.each([
    { name: "deno", command: denoCommand(SOURCE) },
    ...(nodeStripsTypes ? [{ name: "node", command: ["node", SOURCE] }] : []),
  ])("sign in and tell the state under $name", async ({ command }) => {
    const cloud = await startCloud();
    const here = home();
    const login = ["login", "--with-token", "--endpoint", cloud.url];
    expect(await run(login, { home: here, command, stdin: cloud.issueToken() })).toMatchObject({ code: 0 });
    const { code, stdout } = await run(["status", "--json"], { home: here, command });
    expect({ code, verdict: JSON.parse(stdout).verdict }).toEqual({ code: 0, verdict: "valid" });
    cloud.verify();
    await cloud.stop();
  });
});
