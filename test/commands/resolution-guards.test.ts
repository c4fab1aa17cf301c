import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { needsRoot } from "../binary/faults/user.ts";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type RunOptions, type Home } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** A project inside another one that chooses `outer`; each test puts something in place of the inner `.bentorc`. */
function nested() {
  const here = homeOf("mine", "outer", "inner");
  const outer = join(here.path, "outer");
  const inner = join(outer, "inner");
  mkdirSync(inner, { recursive: true });
  writeBelow(outer, ".bentorc", "context=outer\n");
  return { here, inner, path: join(inner, ".bentorc") };
}

/** A nested project that this user may read, and the program run as the user. */
function nestedFor(user: number) {
  const { here, inner, path } = nested();
  for (const folder of [here.path, here.bentoml, join(inner, ".."), inner]) chmodSync(folder, 0o755);
  for (const owned of [here.bentoml, here.file]) chownSync(owned, user, user);
  const asUser = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--"];
  const command = [...asUser, ...programCommand()];
  return { path, inner, current: () => run(["context", "current"], { home: here, cwd: inner, command }) };
}

/** What `context current` gives where the inner `.bentorc` is skipped. */
const skipping = (path: string, reason: string) => ({
  code: 0,
  stdout: "outer\n",
  stderr: `warning: skipped ${path}: ${reason}\n`,
});

const IRREGULAR = "it is not a regular file";
const IN_PLACE: [what: string, put: (path: string) => void, reason: string][] = [
  ["a directory", (path) => mkdirSync(path), IRREGULAR],
  ["a FIFO", (path) => void Bun.spawnSync(["mkfifo", path]), IRREGULAR],
  ["a link to a device", (path) => symlinkSync("/dev/zero", path), IRREGULAR],
  ["a link to a directory", (path) => symlinkSync("/", path), IRREGULAR],
  ["a broken link", (path) => symlinkSync("nowhere", path), IRREGULAR],
  ["a link to itself", (path) => symlinkSync(".bentorc", path), IRREGULAR],
  [
    "a link to a regular file",
    (path) => symlinkSync(writeBelow(join(path, "../.."), "shared", "context=inner\n"), path),
    IRREGULAR,
  ],
  ["a file over 64 KiB", (path) => writeFileSync(path, "#".repeat(65_537)), "it is larger than 64 KiB"],
  ["other bytes than UTF-8", (path) => writeFileSync(path, Buffer.of(0x61, 0xe9)), "it is not UTF-8 text"],
];

describe("a .bentorc that cannot be trusted is skipped with a warning", () => {
  test.each(IN_PLACE)("%s: the next one upward counts", async (_what, putInPlace, reason) => {
    const { here, inner, path } = nested();
    putInPlace(path);
    expect(await run(["context", "current"], { home: here, cwd: inner, timeoutMs: 5000 })).toMatchObject(
      skipping(path, reason),
    );
  });

  test("one of exactly 64 KiB is read", async () => {
    const { here, inner, path } = nested();
    const start = "context=inner\n#";
    writeFileSync(path, start + " ".repeat(65_536 - start.length));
    const result = await run(["context", "current"], { home: here, cwd: inner });
    expect(result).toMatchObject({ stdout: "inner\n", stderr: "" });
  });

  needsRoot.test("one of another non-root user", async () => {
    const { path, current } = nestedFor(12_345);
    writeFileSync(path, "context=inner\n");
    for (const [owner, name] of [
      [0, "inner"],
      [12_345, "inner"],
      [54_321, "outer"],
    ] as const) {
      chownSync(path, owner, owner);
      const { stdout, stderr } = await current();
      expect({ owner, stdout }).toEqual({ owner, stdout: `${name}\n` });
      expect(stderr).toBe(name === "inner" ? "" : `warning: skipped ${path}: it belongs to another user\n`);
    }
  });

  needsRoot.test("one of another user, for root too", async () => {
    const { here, inner, path } = nested();
    writeFileSync(path, "context=inner\n");
    chownSync(path, 12_345, 12_345);
    expect(await run(["context", "current"], { home: here, cwd: inner })).toMatchObject(
      skipping(path, "it belongs to another user"),
    );
  });

  needsRoot.test("one without permission to read it", async () => {
    const { path, current } = nestedFor(12_345);
    writeFileSync(path, "context=inner\n", { mode: 0o600 });
    const stderr = `warning: skipped ${path}: it cannot be read\n`;
    expect(await current()).toMatchObject({ code: 0, stdout: "outer\n", stderr });
  });

  // Deno itself does not start in such a directory.
  const needsStart = programCommand().length === 1 ? needsRoot : { test: test.skip };
  needsStart.test("one below a directory that cannot be searched", async () => {
    const { path, inner, current } = nestedFor(12_345);
    writeFileSync(path, "context=inner\n");
    chmodSync(inner, 0o700);
    const stderr = `warning: skipped ${path}: it cannot be read\n`;
    expect(await current()).toMatchObject({ code: 0, stdout: "outer\n", stderr });
  });

  needsRoot.test("what is checked and what is read is one open file", async () => {
    const { here, inner, path } = nested();
    const [own, foreign] = [join(inner, "own"), join(inner, "foreign")];
    // Swaps a link to a file of root's and a file of another user's as fast as it can.
    const swap = `while :; do ln -sf "$1" "$3.x"; mv -Tf "$3.x" "$3"; cp -p "$2" "$3.x"; mv -Tf "$3.x" "$3"; done`;
    writeFileSync(own, "context=mine\n");
    writeFileSync(foreign, "context=inner\n");
    chownSync(foreign, 12_345, 12_345);
    const swapper = Bun.spawn(["sh", "-c", swap, "sh", own, foreign, path]);
    try {
      // From source, each look takes many times as long.
      const end = Date.now() + 5_000;
      for (let look = 0; look < 150 && Date.now() < end; look += 1) {
        const { stdout } = await run(["context", "current"], { home: here, cwd: inner });
        expect(stdout).toBe("outer\n");
      }
    } finally {
      swapper.kill("SIGKILL");
      await swapper.exited;
    }
  });
});

/** Far more than a look takes; from source, loading alone takes that long on a busy machine. */
const AT_ONCE_MS = process.env["BENTOCLOUD_RUNTIME"] === "deno" ? 15_000 : 1_000;

describe("a .bentorc of any content takes no time to read", () => {
  const LONG = 64_000;
  test.each([
    ["slashes in the endpoint", `endpoint=https://a/${"/".repeat(LONG)}x\n`],
    ["dots in the endpoint", `endpoint=https://${"a.".repeat(LONG / 2)}\n`],
    ["localhosts in the endpoint", `endpoint=http://${"localhost.".repeat(LONG / 10)}x\n`],
    ["at signs in the endpoint", `endpoint=https://${"@".repeat(LONG)}\n`],
    ["blanks in a value", `x=a${" ".repeat(LONG)}b\n`],
    ["blanks before a key", `${" ".repeat(LONG)}x\n`],
    ["blank lines", "\n".repeat(LONG)],
    ["letters without a separator", "a".repeat(LONG)],
    ["words of secrets", `${"xtokenx_".repeat(LONG / 8)}=x\n`],
    ["quotes in the name", `context=${'"'.repeat(LONG)}\n`],
    ["letters and digits in the name", `context=${"a1".repeat(LONG / 2)}\n`],
  ])("%s", async (_what, rc) => {
    const { here, inner, path } = nested();
    writeFileSync(path, rc);
    for (const args of [["token"], ["explain"], ["unlink"]])
      await run(args, { home: here, cwd: inner, timeoutMs: AT_ONCE_MS, reveals: "stdout" });
  });
});

test("an endpoint of many slashes in the contexts file takes no time either", async () => {
  const here = homeOf({ name: "mine", endpoint: `http://127.0.0.1:1/${"/".repeat(64_000)}x` });
  for (const args of [["token"], ["explain"], ["api", "/x", "--timeout", "0.1"]])
    await run(args, { home: here, timeoutMs: AT_ONCE_MS, reveals: "stdout" });
});

/** Runs the program in a directory made by a shell; `$@` is the program. */
function runIn(script: string, args: readonly string[], options: RunOptions) {
  const command = ["sh", "-c", `${script}; exec "$@"`, "sh", ...programCommand()];
  return run(args, { ...options, command });
}

/** From source, other modules ask for the working directory too, and Deno does not start in such a directory. */
const isFromSource = programCommand().length > 1;

describe.skipIf(isFromSource)("a deleted working directory", () => {
  const DELETED = "mkdir gone; cd gone; rmdir ../gone";

  test("stops nothing that does not need it: it has no .bentorc", async () => {
    const token = canary();
    const here = homeOf({ name: "mine", token }, "other");
    writeBelow(here.path, ".bentorc", "context=other\n");
    const key = canary();
    const withKey = { home: here, reveals: "stdout", env: { BENTO_CLOUD_API_KEY: key } } as const;
    const stdout = `${key}\n`;
    expect(await runIn(DELETED, ["token"], withKey)).toMatchObject({ code: 0, stdout, stderr: "" });
    for (const words of [
      "token",
      "status --offline",
      "context list",
      "explain",
      "env",
      "exec -- true",
      "use other",
      "logout other",
      "--version",
    ]) {
      const { code, stderr } = await runIn(DELETED, words.split(" "), { home: here, reveals: "stdout" });
      expect({ words, code }).toEqual({ words, code: 0 });
      expect(stderr).not.toContain("error:");
    }
  });

  test.each(["link mine", "unlink"])("stops %s, which needs it", async (words) => {
    const here = homeOf("mine");
    expect(await runIn(DELETED, words.split(" "), { home: here })).toMatchObject({
      code: 6,
      stdout: "",
      stderr: "error: the working directory no longer exists\nhint: change to a directory that exists\n",
    });
  });
});

describe.skipIf(isFromSource)("a path with bytes that are not UTF-8 is refused, exit 6", () => {
  // The shell's `$d`; the runtime of this test cannot name it either, so the shell removes it again.
  const MAKE = `d="$PWD/$(printf 'caf\\351')"; rm -rf "$d"; mkdir "$d"`;
  const remove = (here: Home) => Bun.spawnSync(["sh", "-c", "rm -r caf*"], { cwd: here.path });

  test("the working directory, whose .bentorc would be missed", async () => {
    const here = homeOf("mine");
    for (const args of [["token"], ["token", "--context", "mine"], ["link", "mine"]]) {
      const script = `${MAKE}; cd "$d"; echo context=other > .bentorc`;
      const { code, stdout, stderr } = await runIn(script, args, { home: here });
      expect({ args, code, stdout }).toEqual({ args, code: 6, stdout: "" });
      expect(stderr).toStartWith("error: the path of the working directory is not valid UTF-8");
    }
    remove(here);
  });

  test.each([
    ["of a key", ["token"], 'export BENTO_CLOUD_API_KEY_FILE="$d/key"'],
    ["of a body", ["api", "/x", "--input"], 'set -- "$@" "$d/body"'],
    ["of a field", ["api", "/x", "-F"], 'set -- "$@" "x=@$d/field"'],
  ])("the name %s, in whose place another file would be read", async (_what, args, script) => {
    const here = home();
    writeContexts(here, [{ name: "mine" }]);
    const { code, stdout, stderr } = await runIn(`${MAKE}; ${script}`, args, { home: here });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toContain("is not valid UTF-8");
    remove(here);
  });

  test.each(["HOME", "BENTOML_HOME"])("%s, in whose place another directory would be used", async (name) => {
    const here = home();
    const { code, stderr } = await runIn(`${MAKE}; export ${name}="$d"`, ["context", "list"], { home: here });
    expect({ code }).toEqual({ code: 6 });
    expect(stderr).toStartWith("error: the path of the contexts file is not valid UTF-8");
    remove(here);
  });
});
