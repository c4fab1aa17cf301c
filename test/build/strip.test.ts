import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import { surviveStrip, survivesStrip } from "../../build/elf.ts";
import manifest from "../../package.json" with { type: "json" };
import { makeHostileFolder } from "../../scripts/verify/packages.ts";
import { run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

// Not a home, whose files are all searched for tokens: the programs are large.
const folder = mkdtempSync(join(tmpdir(), "bentocloud-strip-"));
afterAll(() => rmSync(folder, { recursive: true }));
const hostile = makeHostileFolder(folder);
const program = join(folder, "bentocloud");
const [PROGRAM = ""] = programCommand("binary");

needs("strip", "objcopy").describe("a program without its symbols", () => {
  test.each(["strip", "strip --strip-unneeded", "objcopy --strip-all"])(
    "is still bentocloud: %s",
    async (tool) => {
      copyFileSync(PROGRAM, program);
      expect(Bun.spawnSync([...tool.split(" "), program]).exitCode).toBe(0);
      expect(readFileSync(program).length).toBeLessThan(readFileSync(PROGRAM).length);
      const options = { command: [program], cwd: hostile };
      const version = `bentocloud ${manifest.version}\n`;
      expect(await run(["--version"], options)).toMatchObject({ code: 0, stdout: version });
      const { code, stdout, stderr } = await run(["token"], options);
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
      expect(stderr).toStartWith("error: not logged in");
    },
  );
});

test("a program with an unknown layout fails the build", () => {
  const built = readFileSync(PROGRAM);
  expect(survivesStrip(built)).toBe(true);
  expect(() => surviveStrip(readFileSync("/bin/ls"))).toThrow("it has no section .bun");
});
