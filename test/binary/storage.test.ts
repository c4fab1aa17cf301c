import { afterAll, describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { amongMounts, canMount, inShell } from "./faults/disk.ts";
import { expectRefusal, homeWithTwo, writers } from "./faults/writers.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

describe.skipIf(!canMount)("a read-only disk", () => {
  const readOnly = ({ bentoml }: Home) =>
    amongMounts(`mount --bind ${bentoml} ${bentoml} && mount -o remount,ro,bind ${bentoml} && exec "$@"`);

  test.each([[["token"]], [["status", "--offline"]], [["context", "list"]], [["current-context"]]])(
    "is enough for reading: %p",
    async (args) => {
      const here = homeWithTwo();
      const { code, stderr } = await run(args, { home: here, command: readOnly(here), reveals: true });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
  );

  test("is enough for whoami and status, which ask the server", async () => {
    const here = home();
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    for (const name of ["whoami", "status"]) {
      const { code, stderr } = await run([name], { home: here, command: readOnly(here) });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
  });

  test("is said to be one by what must write, and by login before the server is asked", async () => {
    const here = homeWithTwo();
    const before = { asked: cloud.requests.length, tree: here.tree() };
    const message = `cannot write in ${here.bentoml}: the disk is read-only`;
    for (const command of writers(cloud))
      await expectRefusal(command, { home: here, command: readOnly(here), message });
    expect({ asked: cloud.requests.length, tree: here.tree() }).toEqual(before);
  });
});

describe("a full disk", () => {
  test.each([
    [["token"]],
    [["token", "--json"]],
    [["status", "--offline"]],
    [["context", "list"]],
    [["--help"]],
  ])("behind stdout is STORAGE, exit 6: %p", async (args) => {
    const here = homeWithTwo();
    const { code, stdout, stderr } = await run(args, {
      home: here,
      command: inShell('exec "$@" >/dev/full'),
    });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toContain("cannot write to standard output");
    if (args.includes("--json")) expect(JSON.parse(stderr).error.code).toBe("STORAGE");
  });

  test("behind stderr does not change the exit code", async () => {
    const { code } = await run(["token"], { command: inShell('exec "$@" 2>/dev/full') });
    expect(code).toBe(4);
  });
});

test("a reader that went away is no error", async () => {
  const here = homeWithTwo();
  const command = inShell('("$@"; echo "code $?" >&2) | true');
  expect(await run(["context", "list"], { home: here, command })).toMatchObject({ stderr: "code 0\n" });
});
