import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf, leftovers, ownOf } from "../store/fixture.ts";
import { run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { amongMounts, type Disk, inShell, needsMount, smallDisk } from "./faults/disk.ts";
import { expectReadable, expectRefusal, homeWithTwo, writers } from "./faults/writers.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

needsMount.describe("a read-only disk", () => {
  const readOnly = ({ bentoml }: Home) =>
    amongMounts(`mount --bind ${bentoml} ${bentoml} && mount -o remount,ro,bind ${bentoml} && exec "$@"`);

  test.each([[["token"]], [["status", "--offline"]], [["context", "list"]], [["current-context"]]])(
    "is sufficient for commands that read: %p",
    async (args) => {
      const here = homeWithTwo();
      const { code, stderr } = await run(args, { home: here, command: readOnly(here), reveals: true });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
  );

  test("is sufficient for whoami and status, which send requests", async () => {
    const here = homeOf({ name: "a", endpoint: cloud.url, token: cloud.issueToken() });
    for (const name of ["whoami", "status"]) {
      const { code, stderr } = await run([name], { home: here, command: readOnly(here) });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
  });

  test("makes every change fail with that reason, and login before it sends a request", async () => {
    const here = homeWithTwo();
    const before = { asked: cloud.requests.length, tree: here.tree() };
    const message = `cannot write in ${here.bentoml}: the disk is read-only`;
    for (const command of writers(cloud))
      await expectRefusal(command, { home: here, command: readOnly(here), message });
    expect({ asked: cloud.requests.length, tree: here.tree() }).toEqual(before);
  });
});

describe("output to a full disk", () => {
  test.each([
    [["token"]],
    [["token", "--json"]],
    [["status", "--offline"]],
    [["context", "list"]],
    [["--help"]],
  ])("behind stdout is STORAGE, exit 6: %p", async (args) => {
    const here = homeWithTwo();
    const command = inShell('exec "$@" >/dev/full');
    const { code, stdout, stderr } = await run(args, { home: here, command });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toContain("cannot write to standard output");
    if (args.includes("--json")) expect(JSON.parse(stderr).error.code).toBe("STORAGE");
  });

  test("does not change the exit code when it is stderr", async () => {
    const { code } = await run(["token"], { command: inShell('exec "$@" 2>/dev/full') });
    expect(code).toBe(4);
  });
});

test("output to a reader that has ended is no error", async () => {
  const here = homeWithTwo();
  const command = inShell('("$@"; echo "code $?" >&2) | true');
  expect(await run(["context", "list"], { home: here, command })).toMatchObject({ stderr: "code 0\n" });
});

needsMount.describe("contexts on a full disk", () => {
  const textOn = ({ root }: Disk) => readFileSync(join(root, ".yatai.yaml"), "utf8");
  const leftoversOn = ({ root }: Disk) =>
    readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.tmp$|lock/.test(name));

  async function diskWithTwo({ used }: { used: boolean }): Promise<Disk> {
    const disk = await smallDisk();
    writeFileSync(join(disk.root, ".yatai.yaml"), homeWithTwo().read(), { mode: 0o600 });
    for (const name of used ? ["b", "a"] : []) await run(["use", name], disk);
    return disk;
  }

  const [home, own] = ["~/bentoml", "~/bentoml/.bentocloud"];
  const [file, version] = [`write ${home}/.yatai.yaml`, `write ${own}/versions/ID`];

  test.each([
    ["of bytes", "fill", false, [`write in ${own}`, version, file]],
    ["of bytes, with our directory from before", "fill", true, [`write in ${own}`, version, file]],
    ["of files", "crowd", false, [`write in ${home}`, `write in ${own}`, version, file]],
  ] as const)(
    "%s: with a little more room each time, a change is refused until it is made",
    async (_name, way, used, steps) => {
      const refusals = new Set<string>();
      for (const { args, stdin } of writers(cloud)) {
        const disk = await diskWithTwo({ used });
        const text = textOn(disk);
        for (let room = 0; textOn(disk) === text; room += 1) {
          disk[way](room);
          const { code, stdout, stderr } = await run([...args, "--json"], { ...disk, stdin });
          expect(code).toBe(textOn(disk) === text ? 6 : 0);
          expect(leftoversOn(disk)).toEqual([]);
          if (code === 6) {
            const { error } = JSON.parse(stderr);
            expect({ stdout, code: error.code }).toEqual({ stdout: "", code: "STORAGE" });
            refusals.add(
              error.message.replaceAll(disk.home.path, "~").replace(/(?<=versions\/)\S+(?=:)/, "ID"),
            );
          }
          expect(await run(["list-context"], disk)).toMatchObject({ code: 0, stderr: "" });
          disk.clear();
        }
      }
      expect([...refusals]).toEqual(steps.map((step) => `cannot ${step}: the disk is full`));
    },
  );
});

describe("a limit to the size of files", () => {
  test.each([
    ["from the first byte on", 0, 0, "write in"],
    ["in the middle of the contexts file and its version", 2, 4000, "write"],
  ])("%s: every change is refused, and reading works", async (_name, blocks, comment, action) => {
    const here = homeWithTwo();
    here.write(`${here.read()}# ${"x".repeat(comment)}\n`);
    const options = { home: here, command: inShell(`ulimit -f ${blocks}; exec "$@"`) };
    const words = new RegExp(`^cannot ${action} ${ownOf(here)}.*: the file would exceed the size limit$`);
    const message = expect.stringMatching(words);
    for (const command of writers(cloud)) await expectRefusal(command, { ...options, message });
    await expectReadable(options);
    expect(leftovers(here)).toEqual([]);
  });
});
