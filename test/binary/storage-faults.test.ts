import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeContexts } from "../contexts/fixture.ts";
import { home, run } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

function homeWithTwo() {
  const here = home();
  writeContexts(here, [{ name: "a" }, { name: "b" }]);
  return here;
}

test("a memory that cannot be written does not undo a change", async () => {
  const here = homeWithTwo();
  mkdirSync(join(here.bentoml, ".bentocloud/state.json"), { recursive: true });
  expect(await run(["use", "b"], { home: here })).toMatchObject({ code: 0, stdout: "" });
  expect(here.read()).toContain("current_context_name: b");
  expect(here.tree().filter((line) => line.includes("tmp"))).toEqual([]);
});

/** Other runtimes make other calls, of which these tests count the first, and Deno repeats interrupted ones for ever. */
const canInject =
  Bun.which("strace") !== null && (process.env["BENTOCLOUD_RUNTIME"] || "binary") === "binary";

describe.skipIf(!canInject)("system calls that fail", () => {
  /** The program with an injected fault, its file calls in `trace`. */
  function faulty(trace: string, inject: string) {
    const calls = "fsync,fdatasync,rename,renameat,renameat2,write,link,linkat,unlink,unlinkat";
    const strace = ["strace", "-f", "-qq", "-o", trace, "-e", `trace=${calls}`, "-e", `inject=${inject}`];
    return [...strace, ...programCommand()];
  }

  const RENAMES = "rename,renameat,renameat2";

  test.each([
    ["fsync, twice", "fsync:error=EINTR:when=1..2"],
    ["rename, twice", `${RENAMES}:error=EINTR:when=1..2`],
  ])("interrupted by a signal are repeated: %s", async (_name, inject) => {
    const here = homeWithTwo();
    const trace = join(home().path, "trace");
    expect((await run(["use", "b"], { home: here, command: faulty(trace, inject) })).code).toBe(0);
    expect(readFileSync(trace, "utf8")).toContain("EINTR");
    expect(here.read()).toContain("current_context_name: b");
  });

  test("interrupted for ever are an error, and nothing was changed", async () => {
    const here = homeWithTwo();
    const text = here.read();
    const command = faulty("/dev/null", "fsync:error=EINTR");
    const { code, stderr } = await run(["use", "b"], { home: here, command });
    expect({ code, text: here.read() }).toEqual({ code: 6, text });
    expect(stderr).toContain("it was interrupted again and again");
  });

  test("a file that is mounted is said to be in use", async () => {
    const here = homeWithTwo();
    const text = here.read();
    const command = faulty("/dev/null", `${RENAMES}:error=EBUSY`);
    const { code, stderr } = await run(["use", "b"], { home: here, command });
    expect({ code, text: here.read() }).toEqual({ code: 6, text });
    expect(stderr).toContain("it is in use or mounted");
  });

  // Files are synced first, second the backup, third its directory, fourth the contexts file's directory.
  test.each([
    ["syncing a directory", "fsync:error=EIO:when=3+"],
    ["removing the lock", `${RENAMES}:error=EIO:when=3+`],
    ["removing anything", "unlink,unlinkat:error=EIO:when=4+"],
  ])("after the rename do not undo a change: %s", async (_name, inject) => {
    const here = homeWithTwo();
    const trace = join(home().path, "trace");
    const { code, stderr } = await run(["use", "b"], { home: here, command: faulty(trace, inject) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("b") });
    expect(readFileSync(trace, "utf8")).toContain("EIO");
    expect(here.read()).toContain("current_context_name: b");
  });
});
