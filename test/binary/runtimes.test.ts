import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { runtimeEnvironment } from "../support/program.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const SOURCE = join(import.meta.dir, "../../src/main.ts");
/** An idle connection must not keep the process running. */
const LONGEST_END_MS = 8_000;

describe("the sources, without compiling", () => {
  for (const { name, command: commandFor, isMissing } of RUNTIMES)
    test.skipIf(isMissing)(`sign in, show the status and sign out under ${name}`, async () => {
      const cloud = await startCloud();
      const options = { home: home(), command: commandFor(SOURCE), env: runtimeEnvironment(name) };
      const login = ["login", "--with-token", "--endpoint", cloud.url];
      expect(await run(login, { ...options, stdin: cloud.issueToken() })).toMatchObject({ code: 0 });
      const started = performance.now();
      const { code, stdout, stderr } = await run(["status", "--json"], options);
      expect(performance.now() - started).toBeLessThan(LONGEST_END_MS);
      expect({ code, verdict: JSON.parse(stdout).verdict, stderr }).toEqual({
        code: 0,
        verdict: "valid",
        stderr: "",
      });
      cloud.verify();
      await cloud.stop();
    });
});
