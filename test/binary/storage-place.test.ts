import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { leftovers, ownOf } from "../store/fixture.ts";
import { home, run, type RunOptions, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { inShell } from "./faults/disk.ts";
import { needsTrace } from "./faults/strace.ts";
import { asUser, give, needsRoot, needsUser } from "./faults/user.ts";
import { expectReadable, expectRefusal, homeWithTwo, login, writers } from "./faults/writers.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

/** A directory of ours, with that mode. */
function makeOwn(here: Home, name = "", mode = 0o700): void {
  mkdirSync(join(ownOf(here), name), { recursive: true, mode: 0o700 });
  chmodSync(join(ownOf(here), name), mode);
}

/** Login is refused before it asks the server: a token that a browser flow made would be lost. */
async function expectRefusals(options: RunOptions & { home: Home }, message: string): Promise<void> {
  const [tree, asked] = [namesIn(options.home), cloud.requests.length];
  for (const command of writers(cloud)) await expectRefusal(command, { ...options, message });
  await expectReadable(options);
  expect({ tree: namesIn(options.home), asked: cloud.requests.length }).toEqual({ tree, asked });
}

/** Without modes: our own directory may have been narrowed. */
const namesIn = (here: Home) => here.tree().map((line) => line.replace(/ 0\d+$/, ""));

describe("a directory of ours that is something else: changes are refused, reading works", () => {
  const linkTo = (target: string) => (path: string) => symlinkSync(target, path);
  test.each<[string, string, (path: string) => void, string]>([
    ["a file", "", (path) => writeFileSync(path, ""), "it is not a directory"],
    ["a link to a directory", "", linkTo("/tmp"), "it is a symbolic link"],
    ["a link to nothing", "", linkTo("missing"), "it is a symbolic link"],
    ["a file", "versions", (path) => writeFileSync(path, ""), "it is not a directory"],
    ["a link to a directory", "versions", linkTo("/tmp"), "it is a symbolic link"],
  ])("%s: .bentocloud/%s", async (_name, place, put, reason) => {
    const here = homeWithTwo();
    if (place !== "") makeOwn(here);
    put(join(ownOf(here), place));
    await expectRefusals({ home: here }, `cannot use ${join(ownOf(here), place)}: ${reason}`);
  });
});

needsUser.describe("permissions", () => {
  const denied = (path: string) =>
    expect.stringMatching(new RegExp(`^cannot (?:read|write|write in) ${path}\\S*: permission denied$`));

  test.each([0o500, 0].flatMap((mode) => ["", "versions"].map((name) => [name, mode] as const)))(
    ".bentocloud/%s with mode %o: every change is refused, and reading works",
    async (name, mode) => {
      const here = homeWithTwo();
      makeOwn(here, name, mode);
      give(here);
      await expectRefusals({ home: here, command: asUser() }, denied(join(ownOf(here), name)));
    },
  );

  test("a read-only home behind a link: changes are refused, reading works", async () => {
    const here = homeWithTwo();
    const other = join(here.path, "other");
    mkdirSync(other);
    renameSync(here.file, join(other, ".yatai.yaml"));
    symlinkSync("../other/.yatai.yaml", here.file);
    chmodSync(other, 0o555);
    give(here);
    await expectRefusals({ home: here, command: asUser() }, denied(other));
  });

  test("a read-only home is sufficient for reading, also without a directory of ours", async () => {
    const here = home();
    mkdirSync(here.bentoml, { mode: 0o555 });
    give(here);
    const options = { home: here, command: asUser() };
    expect(await run(["context", "list"], options)).toMatchObject({ code: 0 });
    expect(await run(["token"], options)).toMatchObject({ code: 4 });
    const { args, stdin } = login(cloud, "new");
    const stderr = `error: cannot write in ${here.bentoml}: permission denied\n`;
    expect(await run(args, { ...options, stdin })).toMatchObject({ code: 6, stderr });
  });

  test("a write-protected contexts file in the user's own home is changed", async () => {
    for (const { args, stdin } of writers(cloud)) {
      const here = homeWithTwo();
      chmodSync(here.file, 0o400);
      give(here);
      const text = here.read();
      expect((await run(args, { home: here, command: asUser(), stdin })).code).toBe(0);
      expect(here.read()).not.toBe(text);
      expect(here.tree().join()).toMatch(/\.yatai\.yaml 0[46]00/);
    }
  });
});

needsRoot.describe("another user's", () => {
  test("readable home: changes are refused, reading works", async () => {
    const here = homeWithTwo();
    chmodSync(here.path, 0o755);
    chmodSync(here.file, 0o644);
    const message = `cannot write in ${here.bentoml}: permission denied`;
    await expectRefusals({ home: here, command: asUser() }, message);
  });

  test("unreadable contexts file is not replaced", async () => {
    const here = homeWithTwo();
    give(here);
    chownSync(here.file, 0, 0);
    const message = `cannot read ${here.file}: permission denied`;
    for (const command of [...writers(cloud), { args: ["token"], stdin: null }])
      await expectRefusal(command, { home: here, command: asUser(), message });
    expect(here.tree()).toEqual(["bentoml/ 0755", "bentoml/.yatai.yaml 0600"]);
  });

  test("contexts file in a sticky directory such as /tmp is not replaced", async () => {
    const here = homeWithTwo();
    for (const [path, mode] of [
      [here.path, 0o755],
      [here.file, 0o644],
      [here.bentoml, 0o1777],
    ] as const)
      chmodSync(path, mode);
    const options = { home: here, command: asUser() };
    const message = `cannot write ${here.file}: the operation is not permitted`;
    for (const command of writers(cloud)) await expectRefusal(command, { ...options, message });
    await expectReadable(options);
    expect(leftovers(here)).toEqual([]);
  });

  test("directory in place of ours is not used, even if everybody may write to it", async () => {
    const here = homeWithTwo();
    give(here);
    makeOwn(here, "", 0o777);
    chownSync(ownOf(here), 0, 0);
    const message = `cannot use ${ownOf(here)}: it belongs to another user`;
    await expectRefusals({ home: here, command: asUser() }, message);
  });
});

needsRoot.describe("a user without a home", () => {
  const NOT_IN_PASSWD = 54_321;

  function wanderer(script: string) {
    const here = home();
    give(here, NOT_IN_PASSWD);
    return { home: here, command: inShell(script, ...asUser(NOT_IN_PASSWD).slice(0, 4)) };
  }

  test.each(["unset HOME", "export HOME="])("is told to set BENTOML_HOME: %s", async (script) => {
    const options = wanderer(`${script}; exec "$@"`);
    const { args, stdin } = login(cloud, "new");
    for (const line of [args, ["use", "b"], ["token"], ["context", "list"]])
      expect(await run(line, { ...options, stdin })).toMatchObject({
        code: 6,
        stdout: "",
        stderr:
          "error: this user has no home directory\nhint: set BENTOML_HOME to a directory for the contexts\n",
      });
    const env = { BENTOML_HOME: join(options.home.path, "elsewhere") };
    expect((await run(args, { ...options, env, stdin })).code).toBe(0);
    expect(options.home.tree()).toContain("elsewhere/.yatai.yaml 0600");
  });

  test("that does not exist and cannot be created is an error of login, and has no contexts", async () => {
    const options = wanderer('HOME=/nonexistent exec "$@"');
    const asked = cloud.requests.length;
    const { args, stdin } = login(cloud, "new");
    const stderr = "error: cannot write in /: permission denied\n";
    expect(await run(args, { ...options, stdin })).toMatchObject({ code: 6, stderr });
    expect(await run(["context", "list"], options)).toMatchObject({ code: 0 });
    expect(await run(["use", "b"], options)).toMatchObject({ code: 3 });
    expect([cloud.requests.length, existsSync("/nonexistent")]).toEqual([asked, false]);
  });
});

needsRoot.describe("root in another user's home", () => {
  test("gives every file that it creates to that user, in an existing directory of ours", async () => {
    const here = home();
    give(here);
    const { uid } = lstatSync(here.path);
    const { args, stdin } = login(cloud, "new");
    for (const _ of [1, 2]) {
      expect((await run(args, { home: here, stdin })).code).toBe(0);
      const made = readdirSync(here.path, { recursive: true, encoding: "utf8" });
      expect(made.filter((name) => lstatSync(join(here.path, name)).uid !== uid)).toEqual([]);
      chownSync(ownOf(here), 0, 0);
    }
  });

  needsTrace.test("changes owners by file descriptor and never by path, which may be a link", async () => {
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
