import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const isRoot = process.getuid?.() === 0;
/** Another runtime would need a cache and a checkout that a stranger may read. */
const canChangeUser = isRoot && Bun.which("setpriv") !== null && programCommand().length === 1;

/** A project inside another one that chooses `outer`, for what stands at `path` must be passed by. */
function nested() {
  const here = home();
  writeContexts(here, [{ name: "mine" }, { name: "outer" }, { name: "inner" }]);
  const outer = join(here.path, "outer");
  const inner = join(outer, "inner");
  mkdirSync(inner, { recursive: true });
  writeBelow(outer, ".bentorc", "context=outer\n");
  return { here, inner, path: join(inner, ".bentorc") };
}

const IN_PLACE: [what: string, put: (path: string) => void, reason: string][] = [
  ["a directory", (path) => mkdirSync(path), "it is not a regular file"],
  ["a FIFO", (path) => void Bun.spawnSync(["mkfifo", path]), "it is not a regular file"],
  ["a link to /dev/zero", (path) => symlinkSync("/dev/zero", path), "it is not a regular file"],
  ["a link to the terminal device", (path) => symlinkSync("/dev/tty", path), "it is not a regular file"],
  ["a link to a directory", (path) => symlinkSync("/", path), "it is not a regular file"],
  ["a broken link", (path) => symlinkSync("nowhere", path), "it is not a regular file"],
  ["a link to itself", (path) => symlinkSync(".bentorc", path), "it is not a regular file"],
  [
    "a file over 64 KiB",
    (path) => put(path, `context=inner\n#${" ".repeat(65_536)}\n`),
    "it is larger than 64 KiB",
  ],
  [
    "bytes that are not UTF-8",
    (path) => put(path, Buffer.from("context=caf\xe9\n", "latin1")),
    "it is not UTF-8 text",
  ],
  ["UTF-16", (path) => put(path, Buffer.from("\ufeffcontext=inner\n", "utf16le")), "it is not UTF-8 text"],
];

function put(path: string, text: string | Uint8Array): void {
  writeBelow(join(path, ".."), ".bentorc", text);
}

describe(".bentorc", () => {
  test.each(IN_PLACE)(
    "%s is skipped with a warning, and the next one upward counts",
    async (what, putInPlace, reason) => {
      const { here, inner, path } = nested();
      putInPlace(path);
      const { code, stdout, stderr } = await run(["context", "current"], {
        home: here,
        cwd: inner,
        timeoutMs: 5000,
      });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "outer\n" });
      // A machine without a terminal cannot open its device at all.
      const expected = what.includes("terminal")
        ? `warning: skipped ${path}: `
        : `warning: skipped ${path}: ${reason}\n`;
      expect(stderr).toStartWith(expected);
    },
  );

  test("one of exactly 64 KiB is read", async () => {
    const { here, inner, path } = nested();
    const start = "context=inner\n#";
    put(path, start + " ".repeat(65_536 - start.length));
    const { stdout, stderr } = await run(["context", "current"], { home: here, cwd: inner });
    expect({ stdout, stderr }).toEqual({ stdout: "inner\n", stderr: "" });
  });

  test("a line of 60,000 blanks takes no time to read", async () => {
    const { here, inner, path } = nested();
    writeFileSync(path, `x=a${" ".repeat(60_000)}b\ncontext=inner\n`);
    const result = await run(["context", "current"], { home: here, cwd: inner, timeoutMs: 2_000 });
    expect(result).toMatchObject({ code: 0, stdout: "inner\n" });
  });

  test("a link is skipped even when it leads to a regular file: its owner is not the file's", async () => {
    const { here, inner, path } = nested();
    symlinkSync(writeBelow(here.path, "shared/rc", "context=inner\n"), path);
    const { stdout, stderr } = await run(["context", "current"], { home: here, cwd: inner });
    expect({ stdout, stderr }).toEqual({
      stdout: "outer\n",
      stderr: `warning: skipped ${path}: it is not a regular file\n`,
    });
  });

  test.skipIf(!isRoot)("one of another user is skipped with a warning", async () => {
    const { here, inner, path } = nested();
    put(path, "context=inner\n");
    chownSync(path, 12_345, 12_345);
    expect(await run(["context", "current"], { home: here, cwd: inner })).toMatchObject({
      code: 0,
      stdout: "outer\n",
      stderr: `warning: skipped ${path}: it belongs to another user\n`,
    });
  });

  test.skipIf(!canChangeUser)(
    "a user believes a file of their own and of root's, and no third one's",
    async () => {
      const { here, inner, path } = nested();
      for (const folder of [here.path, here.bentoml, join(inner, ".."), inner]) chmodSync(folder, 0o755);
      chownSync(here.bentoml, 12_345, 12_345);
      chownSync(here.file, 12_345, 12_345);
      const asUser = (args: string[]) =>
        run(args, {
          home: here,
          cwd: inner,
          command: ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--", ...programCommand()],
        });
      put(path, "context=inner\n");
      for (const [owner, name] of [
        [0, "inner"],
        [12_345, "inner"],
        [54_321, "outer"],
      ] as const) {
        chownSync(path, owner, owner);
        const { stdout, stderr } = await asUser(["context", "current"]);
        expect({ owner, stdout }).toEqual({ owner, stdout: `${name}\n` });
        expect(stderr).toBe(name === "inner" ? "" : `warning: skipped ${path}: it belongs to another user\n`);
      }
      // No permission to read it is no reason to fail either.
      chownSync(path, 0, 0);
      chmodSync(path, 0o600);
      expect(await asUser(["context", "current"])).toMatchObject({
        code: 0,
        stdout: "outer\n",
        stderr: `warning: skipped ${path}: it cannot be read\n`,
      });
    },
  );

  // Deno itself does not start in such a directory.
  test.skipIf(programCommand().length > 1)(
    "a working directory that is gone is an error, and `--version` needs none",
    async () => {
      const here = home();
      const inGone = (words: string) =>
        run([`mkdir gone; cd gone; rmdir ../gone; exec "$@" ${words}`, "sh", ...programCommand()], {
          home: here,
          command: ["sh", "-c"],
        });
      const { code, stdout, stderr } = await inGone("status");
      expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
      expect(stderr).toStartWith("error: the working directory no longer exists\nhint: ");
      expect(await inGone("--version")).toMatchObject({ code: 0, stderr: "" });
    },
  );
});
