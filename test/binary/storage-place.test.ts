import { afterAll, describe, expect, test } from "bun:test";
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
import { home, run, type RunOptions } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { inShell } from "./faults/disk.ts";
import { asUser, canBeUser, give, isRoot } from "./faults/user.ts";
import { leftovers, ownOf } from "../store/fixture.ts";
import { programCommand } from "../support/program.ts";
import { canTrace } from "./faults/strace.ts";
import { expectReadable, expectRefusal, homeWithTwo, login, writers } from "./faults/writers.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

/** A directory of ours, with that mode. */
function makeOwn(here: Home, name: string, mode = 0o700): void {
  mkdirSync(join(ownOf(here), name), { recursive: true, mode: 0o700 });
  chmodSync(join(ownOf(here), name), mode);
}

/** A place that is not as it should be, and what is said of it. */
type Place = [name: string, spoil: (here: Home) => void, message: (here: Home) => string];

const MISPLACED: Place[] = [
  [
    "a file where our directory belongs",
    (here) => writeFileSync(ownOf(here), ""),
    (here) => `cannot use ${ownOf(here)}: it is not a directory`,
  ],
  [
    "a link to a directory where ours belongs",
    (here) => symlinkSync(here.path, ownOf(here)),
    (here) => `cannot use ${ownOf(here)}: it is a symbolic link`,
  ],
  [
    "a link to nothing where our directory belongs",
    (here) => symlinkSync("missing", ownOf(here)),
    (here) => `cannot use ${ownOf(here)}: it is a symbolic link`,
  ],
  [
    "a file where the versions belong",
    (here) => (makeOwn(here, ""), writeFileSync(join(ownOf(here), "versions"), "")),
    (here) => `cannot use ${ownOf(here)}/versions: it is not a directory`,
  ],
  [
    "a link where the versions belong",
    (here) => (makeOwn(here, ""), symlinkSync(here.path, join(ownOf(here), "versions"))),
    (here) => `cannot use ${ownOf(here)}/versions: it is a symbolic link`,
  ],
];

/** Login is refused before it asks the server: a token that a browser flow made would be lost. */
async function expectRefusals(options: RunOptions & { home: Home }, message: string): Promise<void> {
  const [tree, asked] = [options.home.tree().map(withoutMode), cloud.requests.length];
  for (const command of writers(cloud)) await expectRefusal(command, { ...options, message });
  await expectReadable(options);
  expect({ tree: options.home.tree().map(withoutMode), asked: cloud.requests.length }).toEqual({
    tree,
    asked,
  });
}

/** Our own directory may have been narrowed. */
const withoutMode = (line: string) => line.replace(/ 0\d+$/, "");

test.each(MISPLACED)("%s refuses every change, and no reading", async (_name, spoil, message) => {
  const here = homeWithTwo();
  spoil(here);
  await expectRefusals({ home: here }, message(here));
});

const FORBIDDEN: Place[] = [
  [
    "a home that is read-only",
    (here) => chmodSync(here.bentoml, 0o555),
    (here) => `cannot write in ${here.bentoml}: permission denied`,
  ],
  ...[0o500, 0].flatMap((mode) =>
    ["", "versions"].map((name): Place => [
      `${name || "our directory"} with mode ${mode.toString(8)}`,
      (here) => makeOwn(here, name, mode),
      (here) =>
        expect.stringMatching(
          new RegExp(`^cannot write (in )?${join(ownOf(here), name)}.*: permission denied$`),
        ),
    ]),
  ),
  [
    "a link to another home, with a directory of ours that is read-only",
    (here) => {
      mkdirSync(join(here.path, "other/.bentocloud"), { recursive: true });
      renameSync(here.file, join(here.path, "other/.yatai.yaml"));
      symlinkSync("../other/.yatai.yaml", here.file);
      chmodSync(join(here.path, "other/.bentocloud"), 0o500);
    },
    (here) => `cannot write in ${join(here.path, "other/.bentocloud")}: permission denied`,
  ],
];

describe.skipIf(!canBeUser)("permissions", () => {
  test.each(FORBIDDEN)("%s: every change is refused, and no reading", async (_name, spoil, message) => {
    const here = homeWithTwo();
    spoil(here);
    give(here);
    await expectRefusals({ home: here, command: asUser() }, message(here));
  });

  test("a read-only home is enough for all who only read, from the first day on", async () => {
    const here = home();
    mkdirSync(here.bentoml, { mode: 0o555 });
    give(here);
    const options = { home: here, command: asUser() };
    expect(await run(["context", "list"], options)).toMatchObject({ code: 0 });
    expect(await run(["token"], options)).toMatchObject({ code: 4 });
    const { code, stderr } = await run(login(cloud, "new").args, { ...options, stdin: cloud.issueToken() });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: `error: cannot write in ${here.bentoml}: permission denied\n`,
    });
  });

  test("a write-protected contexts file in a home of one's own is changed", async () => {
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

describe.skipIf(!isRoot || !canBeUser)("another user's", () => {
  test("home, open to read: every change is refused, and no reading", async () => {
    const here = homeWithTwo();
    chmodSync(here.path, 0o755);
    chmodSync(here.file, 0o644);
    await expectRefusals(
      { home: here, command: asUser() },
      `cannot write in ${here.bentoml}: permission denied`,
    );
  });

  test("contexts file, closed, is not replaced by one of our own", async () => {
    const here = homeWithTwo();
    give(here);
    chownSync(here.file, 0, 0);
    const message = `cannot read ${here.file}: permission denied`;
    for (const command of [...writers(cloud), { args: ["token"], stdin: null }])
      await expectRefusal(command, { home: here, command: asUser(), message });
    expect(here.tree()).toEqual(["bentoml/ 0755", "bentoml/.yatai.yaml 0600"]);
  });

  test("contexts file in a directory for all, as /tmp is one, stays", async () => {
    const here = homeWithTwo();
    chmodSync(here.path, 0o755);
    chmodSync(here.file, 0o644);
    chmodSync(here.bentoml, 0o1777);
    const options = { home: here, command: asUser() };
    const message = `cannot write ${here.file}: the operation is not permitted`;
    for (const command of writers(cloud)) await expectRefusal(command, { ...options, message });
    await expectReadable(options);
    expect(leftovers(here)).toEqual([]);
  });

  test("directory in the place of ours is not used, however open it is", async () => {
    const here = homeWithTwo();
    give(here);
    makeOwn(here, "", 0o777);
    chownSync(ownOf(here), 0, 0);
    await expectRefusals(
      { home: here, command: asUser() },
      `cannot use ${ownOf(here)}: it belongs to another user`,
    );
  });
});

describe.skipIf(!isRoot || !canBeUser)("a user without a home", () => {
  const NOT_IN_PASSWD = 54_321;
  const all = () => [
    ...writers(cloud),
    { args: ["token"], stdin: null },
    { args: ["context", "list"], stdin: null },
  ];

  function wanderer(script: string) {
    const here = home();
    give(here, NOT_IN_PASSWD);
    return { home: here, command: inShell(script, ...asUser(NOT_IN_PASSWD).slice(0, 4)) };
  }

  test.each(["unset HOME", "export HOME="])("is told to set BENTOML_HOME: %s", async (script) => {
    const options = wanderer(`${script}; exec "$@"`);
    for (const { args, stdin } of all()) {
      expect(await run(args, { ...options, stdin })).toMatchObject({
        code: 6,
        stdout: "",
        stderr:
          "error: this user has no home directory\nhint: set BENTOML_HOME to a directory for the contexts\n",
      });
    }
    const { args, stdin } = login(cloud, "new");
    const env = { BENTOML_HOME: join(options.home.path, "elsewhere") };
    expect((await run(args, { ...options, env, stdin })).code).toBe(0);
    expect(options.home.tree()).toContain("elsewhere/.yatai.yaml 0600");
  });

  test("that is not there and cannot be made is told so by login, and has no contexts", async () => {
    const options = wanderer('HOME=/nonexistent exec "$@"');
    const asked = cloud.requests.length;
    const { args, stdin } = login(cloud, "new");
    expect(await run(args, { ...options, stdin })).toMatchObject({
      code: 6,
      stderr: "error: cannot write in /: permission denied\n",
    });
    expect(await run(["context", "list"], options)).toMatchObject({ code: 0 });
    expect(await run(["use", "b"], options)).toMatchObject({ code: 3 });
    expect({ asked: cloud.requests.length, made: existsSync("/nonexistent") }).toEqual({
      asked,
      made: false,
    });
  });
});

describe.skipIf(!isRoot)("root in another user's home", () => {
  const NOBODY = 65_534;
  const signIn = async (here: Home) => {
    const { args, stdin } = login(cloud, "new");
    expect((await run(args, { home: here, stdin })).code).toBe(0);
  };
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
