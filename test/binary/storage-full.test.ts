import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { canMount, type Disk, inShell, smallDisk } from "./faults/disk.ts";
import { leftovers, ownOf } from "../store/fixture.ts";
import { expectReadable, expectRefusal, homeWithTwo, writers } from "./faults/writers.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

describe.skipIf(!canMount)("a full disk", () => {
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
          expect({ code, left: leftoversOn(disk) }).toEqual({
            code: textOn(disk) === text ? 6 : 0,
            left: [],
          });
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
  ])("%s refuses every change, and no reading", async (_name, blocks, comment, action) => {
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
