import { describe, expect, test } from "bun:test";
import { mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { othersWithAccess, takeForOwner } from "../../src/system/windows-access.ts";
import { homeOf, ownOf } from "../store/fixture.ts";
import { home, type Home, run } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

/** Wine gives what it makes to everybody, as Windows does outside of a user's profile. */
const EVERYBODY = ["Everyone"];

/** A home whose contexts file another program has written. */
function sharedHome(): Home {
  const here = homeOf("a", "b");
  const text = here.read();
  unlinkSync(here.file);
  writeFileSync(here.file, text);
  return here;
}

describe("what is stored", () => {
  test("is made for this user alone, wherever it is", async () => {
    const here = home();
    const { code } = await run(["login", "--with-token", "--endpoint", cloud.url], {
      home: here,
      stdin: cloud.issueToken(),
    });
    expect(code).toBe(0);
    expect(othersWithAccess(here.path)).toEqual(EVERYBODY);
    for (const path of [here.bentoml, here.file, ownOf(here), join(ownOf(here), "state.json")])
      expect([path, othersWithAccess(path)]).toEqual([path, []]);
  });

  test("that others can read is narrowed by the next write", async () => {
    const here = sharedHome();
    expect(othersWithAccess(here.file)).toEqual(EVERYBODY);
    expect((await run(["use", "b"], { home: here })).code).toBe(0);
    expect(othersWithAccess(here.file)).toEqual([]);
  });

  test("that others can read is reported by doctor, which says who they are, and narrowed by doctor --fix", async () => {
    const here = sharedHome();
    mkdirSync(ownOf(here));
    writeFileSync(join(ownOf(here), "state.json"), "{}");
    const before = await run(["doctor", "--offline"], { home: here });
    expect(before.stdout).toContain(`Everyone can read or change ${here.file}, ${ownOf(here)}, `);
    const repaired = await run(["doctor", "--offline", "--fix"], { home: here });
    expect(repaired.stdout).toContain("now only you can read or change");
    const after = await run(["doctor", "--offline", "--verbose"], { home: here });
    expect(after.stdout).toContain("only you can read the stored tokens");
  });

  test("a directory for this user alone gives that to what is made in it", () => {
    const here = home();
    const folder = join(here.path, "own");
    mkdirSync(folder);
    expect(othersWithAccess(folder)).toEqual(EVERYBODY);
    expect(takeForOwner(folder, { isDirectory: true })).toBe(true);
    expect(othersWithAccess(folder)).toEqual([]);
  });

  test("nothing is concluded about what is not there", () => {
    expect(othersWithAccess(join(home().path, "nothing"))).toBeUndefined();
    expect(takeForOwner(join(home().path, "nothing"))).toBe(false);
  });
});
