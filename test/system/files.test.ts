import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { inspect, realTarget, requireWritable } from "../../src/system/files.ts";
import { readRegularFile } from "../../src/system/read-file.ts";
import { NotRegularError, storageError, TooLargeError } from "../../src/system/storage-error.ts";
import { ensurePrivateDirectory, requirePrivateDirectory } from "../../src/system/create-file.ts";
import { replaceFile, sweepTemporaries } from "../../src/system/replace.ts";
import { CliError } from "../../src/errors.ts";
import { home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const directory = () => home().path;
const mode = (path: string) => lstatSync(path).mode & 0o777;

describe("readRegularFile", () => {
  test("gives bytes, mode and owner", () => {
    const path = join(directory(), "file");
    writeFileSync(path, "text", { mode: 0o640 });
    expect(readRegularFile(path)).toMatchObject({
      bytes: Buffer.from("text"),
      mode: 0o640,
      uid: process.getuid?.(),
    });
  });

  test.each(["missing", "missing/deeper"])("is undefined where no file is: %s", (name) => {
    const here = directory();
    writeFileSync(join(here, "file"), "");
    expect(readRegularFile(join(here, name))).toBeUndefined();
  });

  test("refuses a directory, a device and a FIFO without waiting for a writer", () => {
    const here = directory();
    Bun.spawnSync(["mkfifo", join(here, "fifo")]);
    for (const path of [here, "/dev/null", "/dev/zero", join(here, "fifo")])
      expect(() => readRegularFile(path)).toThrow(NotRegularError);
  });

  test("refuses more than its limit", () => {
    const path = join(directory(), "file");
    writeFileSync(path, "12345");
    expect(readRegularFile(path, { limit: 5 })?.bytes).toHaveLength(5);
    expect(() => readRegularFile(path, { limit: 4 })).toThrow(TooLargeError);
  });
});

describe("realTarget", () => {
  test("follows links to the end, also to what is not there yet", () => {
    const here = directory();
    mkdirSync(join(here, "real"));
    symlinkSync("real", join(here, "folder"));
    symlinkSync("../missing", join(here, "real/link"));
    expect(realTarget(join(here, "folder/new"))).toBe(join(here, "real/new"));
    expect(realTarget(join(here, "folder/link"))).toBe(join(here, "missing"));
    expect(realTarget(join(here, "nothing/at/all"))).toBe(join(here, "nothing/at/all"));
  });

  test("ends at a ring of links", () => {
    const path = join(directory(), "ring");
    symlinkSync("ring", path);
    expect(() => realTarget(path)).toThrow("loop of symbolic links");
  });

  test("takes no file for a directory", () => {
    const path = join(directory(), "file");
    writeFileSync(path, "");
    expect(() => realTarget(join(path, "below"))).toThrow("a part of the path is not a directory");
  });
});

describe("replaceFile", () => {
  test("puts the new version in place with its mode and leaves nothing beside it", () => {
    const here = directory();
    const target = join(here, "file");
    writeFileSync(target, "old", { mode: 0o644 });
    expect(replaceFile({ target, text: "new", mode: 0o600, stillValid: () => true })).toBe(true);
    expect({ text: readFileSync(target, "utf8"), mode: mode(target), names: readdirSync(here) }).toEqual({
      text: "new",
      mode: 0o600,
      names: ["file"],
    });
  });

  test("has written the temporary file, for the owner alone, when it asks whether to go on", () => {
    const here = directory();
    const target = join(here, "file");
    writeFileSync(target, "old", { mode: 0o644 });
    const stillValid = () => {
      const temporary = readdirSync(here).find((name) => name !== "file");
      expect(temporary).toMatch(/^file\..*\.tmp$/);
      expect(mode(join(here, temporary!))).toBe(0o600);
      expect(readFileSync(join(here, temporary!), "utf8")).toBe("new");
      return false;
    };
    expect(replaceFile({ target, text: "new", mode: 0o600, stillValid })).toBe(false);
    expect({ text: readFileSync(target, "utf8"), mode: mode(target), names: readdirSync(here) }).toEqual({
      text: "old",
      mode: 0o644,
      names: ["file"],
    });
  });

  test("leaves nothing behind when it fails", () => {
    const here = directory();
    const target = join(here, "file");
    const stillValid = () => {
      throw new Error("no");
    };
    expect(() => replaceFile({ target, text: "new", mode: 0o600, stillValid })).toThrow("no");
    expect(readdirSync(here)).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)("keeps the owner when root writes another user's file", () => {
    const target = join(directory(), "file");
    writeFileSync(target, "old");
    const owner = { uid: 65_534, gid: 65_534 };
    replaceFile({ target, text: "new", mode: 0o600, owner, stillValid: () => true });
    expect(lstatSync(target)).toMatchObject(owner);
  });
});

test("sweepTemporaries takes away what killed writers of this file left, and nothing else", () => {
  const here = directory();
  const others = ["file", "file.1-aa.tmp", "file.mine.tmp", "file.tmp", "file.x-00000000.tmp", "file.yaml"];
  const ours = ["file.1-0123abcd.tmp", "file.77-ffffffff.tmp"];
  for (const name of [...others, ...ours, "other.1-0123abcd.tmp"]) writeFileSync(join(here, name), "");
  sweepTemporaries(here, (name, pid) => name === "file" && pid !== 77);
  expect(readdirSync(here).toSorted()).toEqual([...others, "other.1-0123abcd.tmp", ours[1]!].toSorted());
});

describe("ensurePrivateDirectory", () => {
  test("makes it and its parents for the owner alone", () => {
    const path = join(directory(), "a/b");
    ensurePrivateDirectory(path);
    expect({ path: mode(path), parent: mode(join(path, "..")) }).toEqual({ path: 0o700, parent: 0o700 });
  });

  test("narrows one that stands, and leaves its other bits as they are", () => {
    const path = join(directory(), "own");
    mkdirSync(path);
    chmodSync(path, 0o3755);
    ensurePrivateDirectory(path);
    expect(lstatSync(path).mode & 0o7777).toBe(0o3700);
  });

  test.each([
    ["a link to a directory", "it is a symbolic link", (path: string) => symlinkSync("elsewhere", path)],
    ["a link to nothing", "it is a symbolic link", (path: string) => symlinkSync("missing", path)],
    ["a file", "it is not a directory", (path: string) => writeFileSync(path, "")],
  ])("refuses %s and touches nothing", (_name, reason, put) => {
    const here = directory();
    mkdirSync(join(here, "elsewhere"), { mode: 0o755 });
    const path = join(here, "own");
    put(path);
    for (const act of [ensurePrivateDirectory, requirePrivateDirectory])
      expect(() => act(path)).toThrow(`cannot use ${path}: ${reason}`);
    expect({ mode: mode(join(here, "elsewhere")), names: readdirSync(here).toSorted() }).toEqual({
      mode: 0o755,
      names: ["elsewhere", "own"],
    });
  });
});

describe("requireWritable", () => {
  test("makes nothing where it could", () => {
    const path = join(directory(), "a/b/c");
    requireWritable(path);
    expect(existsSync(path)).toBe(false);
  });

  test("throws below a file", () => {
    const path = join(directory(), "file");
    writeFileSync(path, "");
    expect(() => requireWritable(join(path, "a/b"))).toThrow();
  });
});

test("inspect looks at a link itself, and at nothing where nothing is", () => {
  const here = directory();
  symlinkSync("nowhere", join(here, "link"));
  writeFileSync(join(here, "file"), "");
  expect(inspect(join(here, "link"))?.isSymbolicLink()).toBe(true);
  expect(inspect(join(here, "missing"))).toBeUndefined();
  expect(() => inspect(join(here, "file/below"))).toThrow("a part of the path is not a directory");
});

describe("storageError", () => {
  test.each([
    ["ENOSPC", "the disk is full"],
    ["EROFS", "the disk is read-only"],
    ["EACCES", "permission denied"],
    ["EDQUOT", "the disk quota is used up"],
    ["EBUSY", "it is in use or mounted"],
    ["EINTR", "it was interrupted again and again"],
    ["EIO", "i/o error (EIO)"],
    ["EOF_OR_SUCH", "EOF_OR_SUCH"],
  ])("%s becomes a sentence: %s", (code, reason) => {
    const error = storageError("write", "/x", Object.assign(new Error("raw"), { code }));
    expect(error).toMatchObject({ code: "STORAGE", message: `cannot write /x: ${reason}` });
  });

  test("has a way out of a file that is mounted by itself, and for nothing else in use", () => {
    const busy = Object.assign(new Error("raw"), { code: "EBUSY" });
    const hintOf = (action: string) => (storageError(action, "/x", busy) as CliError).hint;
    expect([hintOf("write"), hintOf("write in")]).toEqual([
      "where the file is mounted by itself, mount its directory instead",
      undefined,
    ]);
  });

  test.each([
    ["an error of ours", new CliError("CORRUPT", "x")],
    ["what no system call said", new TypeError("x")],
  ])("leaves %s as it is", (_name, error) => {
    expect(storageError("read", "/x", error)).toBe(error);
  });
});

test("realTarget answers at any moment while another process replaces the file", async () => {
  const here = directory();
  const [file, link] = [join(here, "file"), join(here, "link")];
  writeFileSync(file, "");
  symlinkSync(file, link);
  const loop = `const { renameSync, writeFileSync } = require("node:fs");
    for (;;) { writeFileSync(process.argv.at(-1) + "~", ""); renameSync(process.argv.at(-1) + "~", process.argv.at(-1)); }`;
  const peer = Bun.spawn([process.execPath, "-e", loop, file], { stderr: "ignore" });
  try {
    const before = statSync(file).ino;
    while (statSync(file).ino === before) await Bun.sleep(1);
    for (let round = 0; round < 20_000; round += 1) {
      expect(realTarget(round % 2 ? file : link)).toBe(join(realpathSync(here), "file"));
    }
  } finally {
    peer.kill("SIGKILL");
    await peer.exited;
  }
});

test("realTarget reads a link from the directory it really stands in", () => {
  const here = directory();
  mkdirSync(join(here, "real/deep"), { recursive: true });
  symlinkSync(join(here, "real/deep"), join(here, "short"));
  symlinkSync("../target", join(here, "real/deep/link"));
  expect(realTarget(join(here, "short/link"))).toBe(join(realpathSync(here), "real/target"));
});
