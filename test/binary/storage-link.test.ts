import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { keptIn, leftovers } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { amongMounts, needsMount } from "./faults/disk.ts";
import { expectReadable, expectRefusal, homeWithTwo, login, writers } from "./faults/writers.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

/** The contexts file of a home, moved to a directory beside it; a relative link leads there. */
function moved(name: string): Home {
  const here = homeWithTwo();
  mkdirSync(join(here.path, "dotfiles"));
  renameSync(here.file, join(here.path, "dotfiles", name));
  symlinkSync(`../dotfiles/${name}`, here.file);
  return here;
}

/** A home whose contexts file is this link, and nothing else. */
function linked(target: string): Home {
  const here = home();
  mkdirSync(here.bentoml);
  symlinkSync(target, here.file);
  return here;
}

describe("a contexts file that is a link", () => {
  test.each([
    ["yatai", "bentoml", ["yatai"]],
    [".yatai.yaml", "dotfiles", [".bentocloud", ".yatai.yaml"]],
  ])(
    "to %s elsewhere stays one; the versions are in %s, and no lock anywhere",
    async (name, where, names) => {
      for (const { args, stdin } of writers(cloud)) {
        const here = moved(name);
        const text = here.read();
        expect((await run(args, { home: here, stdin })).code).toBe(0);
        expect(here.tree()).toContain(`bentoml/.yatai.yaml -> ../dotfiles/${name}`);
        expect(readFileSync(join(here.path, "dotfiles", name), "utf8")).not.toBe(text);
        expect(here.tree().join("\n")).toMatch(
          new RegExp(`^${where}/\\.bentocloud/versions/.*\\.version\\.yaml 0600$`, "m"),
        );
        expect(readdirSync(join(here.path, "dotfiles")).toSorted()).toEqual(names);
        expect(leftovers(here)).toEqual([]);
      }
    },
  );

  test("to a chain of links through a linked directory is followed to the end and kept", async () => {
    const here = moved("yatai");
    symlinkSync("dotfiles", join(here.path, "shortcut"));
    symlinkSync("../shortcut/yatai", join(here.path, "dotfiles/middle"));
    unlinkSync(here.file);
    symlinkSync("../dotfiles/middle", here.file);
    expect((await run(["use", "b"], { home: here })).code).toBe(0);
    for (const line of [
      "bentoml/.yatai.yaml -> ../dotfiles/middle",
      "dotfiles/middle -> ../shortcut/yatai",
      "dotfiles/yatai 0600",
    ])
      expect(here.tree()).toContain(line);
  });

  test("to a missing file is kept, and login creates the file", async () => {
    const here = linked("../dotfiles/yatai");
    mkdirSync(join(here.path, "dotfiles"));
    expect((await run(["use", "b"], { home: here })).code).toBe(3);
    const { args, stdin } = login(cloud, "new");
    expect((await run(args, { home: here, stdin })).code).toBe(0);
    expect(here.tree()).toContain("bentoml/.yatai.yaml -> ../dotfiles/yatai");
    expect(here.tree()).toContain("dotfiles/yatai 0600");
    expect(here.read()).toContain("name: new\n");
  });

  test.each(["yatai", ".yatai.yaml"])("to %s in a missing directory is an error of login", async (name) => {
    const here = linked(`../dotfiles/${name}`);
    const { args, stdin } = login(cloud, "new");
    const asked = cloud.requests.length;
    const { code, stderr } = await run(args, { home: here, stdin });
    expect({ code, asked: cloud.requests.length }).toEqual({ code: 6, asked });
    expect(stderr).toMatch(/cannot write in .*\/dotfiles.*: there is no such directory, and none can be/);
    expect(here.tree().filter((line) => line.startsWith("dotfiles"))).toEqual([]);
    expect((await run(["context", "list"], { home: here })).code).toBe(0);
  });

  test("in a loop of links is an error of every command", async () => {
    const here = linked("other");
    symlinkSync(".yatai.yaml", join(here.bentoml, "other"));
    const before = here.tree();
    for (const { args, stdin } of [...writers(cloud), { args: ["token"], stdin: null }]) {
      const stderr = `error: cannot read ${here.file}: too many symbolic links\n`;
      expect(await run(args, { home: here, stdin })).toMatchObject({ code: 6, stderr });
    }
    expect(here.tree()).toEqual(before);
  });
});

needsMount.describe("a contexts file that is a mount point, as in a container", () => {
  test.each([
    ["to write", ""],
    ["to read only", "&& mount -o remount,ro,bind $HOME/bentoml/.yatai.yaml"],
  ])("%s: every change is refused with a way out, and reading works", async (_name, remount) => {
    const here = homeWithTwo();
    const file = "$HOME/bentoml/.yatai.yaml";
    const command = amongMounts(`mount --bind ${file} ${file} ${remount} && exec "$@"`);
    for (const { args, stdin } of writers(cloud)) {
      await expectRefusal(
        { args, stdin },
        { home: here, command, message: `cannot write ${here.file}: it is in use or mounted` },
      );
    }
    const { stderr } = await run(["use", "b"], { home: here, command });
    expect(stderr).toContain("hint: where the file is mounted by itself, mount its directory instead\n");
    await expectReadable({ home: here, command });
    expect(leftovers(here)).toEqual([]);
    // However often it was tried.
    expect(keptIn(here).map(({ text }) => text)).toEqual([here.read()]);
  });
});
