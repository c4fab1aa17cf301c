import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { startCloud } from "../support/cloud.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { writeBelow, writeContexts } from "./fixture.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const ownOf = (here: Home) => join(here.bentoml, ".bentocloud");
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

function signIn(here: Home, command = programCommand()) {
  const args = ["login", "--with-token", "--endpoint", cloud.url];
  return run(args, { home: here, stdin: cloud.issueToken(), command });
}

function homeWithTwo(): Home {
  const here = home();
  writeContexts(here, [{ name: "a" }, { name: "b" }]);
  return here;
}

describe("something else in the place of our directory", () => {
  test.each([
    ["a link to a directory", "it is a symbolic link", (path: string) => symlinkSync("../elsewhere", path)],
    ["a link to nothing", "it is a symbolic link", (path: string) => symlinkSync("../missing", path)],
    ["a file", "it is not a directory", (path: string) => writeFileSync(path, "")],
  ])("%s: nothing is followed, changed or asked of the server", async (_name, reason, put) => {
    const here = homeWithTwo();
    mkdirSync(join(here.path, "elsewhere"), { mode: 0o755 });
    writeBelow(here.path, "elsewhere/state.json", '{"previous":"b","identities":[]}');
    put(ownOf(here));
    const before = { tree: here.tree(), text: here.read() };
    const asked = cloud.requests.length;
    for (const { code, stderr } of [await run(["use", "b"], { home: here }), await signIn(here)]) {
      expect(code).toBe(6);
      expect(stderr).toBe(
        `error: cannot use ${ownOf(here)}: ${reason}\nhint: move it away; a directory is made in its place\n`,
      );
    }
    expect((await run(["use", "-"], { home: here })).code).toBe(3);
    expect((await run(["token"], { home: here, reveals: true })).code).toBe(0);
    expect({ tree: here.tree(), text: here.read() }).toEqual(before);
    expect(cloud.requests).toHaveLength(asked);
  });

  test.skipIf(!isRoot || Bun.which("setpriv") === null)("another user's directory", async () => {
    const here = homeWithTwo();
    mkdirSync(ownOf(here));
    chmodSync(ownOf(here), 0o777);
    for (const path of [here.path, here.bentoml, here.file]) chownSync(path, NOBODY, NOBODY);
    const command = ["setpriv", `--reuid=${NOBODY}`, "--clear-groups", ...programCommand()];
    const { code, stderr } = await run(["use", "b"], { home: here, command });
    expect({ code, stderr: stderr.split("\n")[0] }).toEqual({
      code: 6,
      stderr: `error: cannot use ${ownOf(here)}: it belongs to another user`,
    });
    expect(lstatSync(ownOf(here)).mode & 0o777).toBe(0o777);
  });
});

describe.skipIf(!isRoot)("root in another user's home", () => {
  const strangers = (here: Home) =>
    readdirSync(here.path, { recursive: true, encoding: "utf8" }).filter((name) => {
      const { uid, gid } = lstatSync(join(here.path, name));
      return uid !== NOBODY || gid !== NOBODY;
    });

  test("gives all that it makes to that user, with a directory of its own from before", async () => {
    const here = home();
    chownSync(here.path, NOBODY, NOBODY);
    expect((await signIn(here)).code).toBe(0);
    expect(strangers(here)).toEqual([]);
    chownSync(ownOf(here), 0, 0);
    expect((await signIn(here)).code).toBe(0);
    expect(here.tree()).toContain("bentoml/.bentocloud/backups/ 0700");
    expect(strangers(here)).toEqual([]);
  });

  test("gives the lock too, while it is held", async () => {
    const here = homeWithTwo();
    for (const path of [here.path, here.bentoml, here.file]) chownSync(path, NOBODY, NOBODY);
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

  test.skipIf(Bun.which("strace") === null)("never gives by a path, which may lead elsewhere", async () => {
    const here = homeWithTwo();
    for (const path of [here.path, here.bentoml, here.file]) chownSync(path, NOBODY, NOBODY);
    const trace = join(home().path, "trace");
    const calls = "chown,lchown,fchownat,fchown,chmod,fchmodat,fchmod";
    const strace = ["strace", "-f", "-qq", "-e", `trace=${calls}`, "-o", trace, ...programCommand()];
    expect((await run(["use", "b"], { home: here, command: strace })).code).toBe(0);
    const names = [...readFileSync(trace, "utf8").matchAll(/^\d+ +(\w+)\(/gm)].map(([, name]) => name!);
    expect(new Set(names)).toEqual(new Set(["fchown"]));
  });
});

describe("backups", () => {
  const namesIn = (here: Home) => readdirSync(join(ownOf(here), "backups")).toSorted();

  test("of a future that a clock was set back from do not push out the newest", async () => {
    const here = homeWithTwo();
    const future = Array.from({ length: 10 }, (_, n) => `2038-01-19T03-14-0${n % 10}.000Z-ffff.yaml`);
    for (const name of future) writeBelow(here.bentoml, `.bentocloud/backups/${name}`, name);
    const texts = [here.read()];
    await run(["use", "b"], { home: here });
    texts.push(here.read());
    await run(["use", "a"], { home: here });
    const names = namesIn(here);
    expect(names).toHaveLength(10);
    expect(names.slice(0, 8)).toEqual(future.slice(2));
    const newest = names.slice(-2).map((name) => readFileSync(join(ownOf(here), "backups", name), "utf8"));
    expect(newest).toEqual(texts);
  });

  test("leave files of other names alone, as do all sweeps", async () => {
    const here = homeWithTwo();
    const others = [
      ".bentocloud/backups/mine.yaml",
      ".bentocloud/backups/0000.yaml.tmp",
      ".bentocloud/lock.keep",
      ".bentocloud/state.json.mine.tmp",
      ".yatai.yaml.mine.tmp",
      ".yatai.yaml.bak.1-x.tmp",
    ];
    const ours = [
      ".bentocloud/lock.0123abcd",
      ".bentocloud/state.json.1-0123abcd.tmp",
      ".yatai.yaml.1-0123abcd.tmp",
      ".bentocloud/backups/2026-01-01T00-00-00.000Z-abcd.yaml.1-0123abcd.tmp",
    ];
    for (const name of [...others, ...ours]) writeBelow(here.bentoml, name, "");
    for (let round = 0; round < 12; round += 1) await run(["use", round % 2 ? "a" : "b"], { home: here });
    const left = here.tree().map((line) => line.replace(/^bentoml\//, "").replace(/ 0\d+$/, ""));
    expect(left).toEqual(expect.arrayContaining(others));
    expect(left.filter((name) => ours.includes(name))).toEqual([]);
    expect(namesIn(here)).toHaveLength(12);
  });
});
