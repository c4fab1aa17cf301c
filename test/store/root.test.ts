import { afterAll, describe, expect, test } from "bun:test";
import { chownSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { startCloud } from "../support/cloud.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { canTrace } from "../binary/faults/strace.ts";
import { give, isRoot } from "../binary/faults/user.ts";
import { login, homeWithTwo } from "../binary/faults/writers.ts";
import { ownOf } from "./fixture.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const NOBODY = 65_534;

async function signIn(here: Home): Promise<void> {
  const { args, stdin } = login(cloud, "new");
  expect((await run(args, { home: here, stdin })).code).toBe(0);
}

describe.skipIf(!isRoot)("root in another user's home", () => {
  const strangers = (here: Home) =>
    readdirSync(here.path, { recursive: true, encoding: "utf8" }).filter((name) => {
      const { uid, gid } = lstatSync(join(here.path, name));
      return uid !== NOBODY || gid !== NOBODY;
    });

  test("gives all that it makes to that user, with a directory of its own from before", async () => {
    const here = home();
    chownSync(here.path, NOBODY, NOBODY);
    await signIn(here);
    expect(strangers(here)).toEqual([]);
    chownSync(ownOf(here), 0, 0);
    await signIn(here);
    expect(here.tree()).toContain("bentoml/.bentocloud/versions/ 0700");
    expect(strangers(here)).toEqual([]);
  });

  test("gives the lock too, while it is held", async () => {
    const here = homeWithTwo();
    give(here);
    const owners = new Set<number>();
    const watch = { on: true };
    const done = (async () => {
      while (watch.on) {
        const stats = lstatSync(join(ownOf(here), "lock"), { throwIfNoEntry: false });
        if (stats) owners.add(stats.uid);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 0; round < 10; round += 1) await run(["use", round % 2 ? "a" : "b"], { home: here });
    watch.on = false;
    await done;
    expect([...owners].filter((uid) => uid !== NOBODY)).toEqual([]);
  });

  test.skipIf(!canTrace)("never gives by a path, which may lead elsewhere", async () => {
    const here = homeWithTwo();
    give(here);
    const trace = join(home().path, "trace");
    const calls = "chown,lchown,fchownat,fchown,chmod,fchmodat,fchmod";
    const strace = ["strace", "-f", "-qq", "-e", `trace=${calls}`, "-o", trace, ...programCommand()];
    expect((await run(["use", "b"], { home: here, command: strace })).code).toBe(0);
    const names = [...readFileSync(trace, "utf8").matchAll(/^\d+ +(\w+)\(/gm)].map(([, name]) => name!);
    expect(new Set(names)).toEqual(new Set(["fchown"]));
  });
});
