import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import { verify } from "../../build/macos/verify.ts";
import { TARGETS } from "../../build/targets.ts";
import { checkContents, readPayload } from "../../scripts/verify/contents.ts";
import { readFormat } from "../../scripts/verify/format.ts";
import { run } from "../support/bin.ts";

const ROOT = join(import.meta.dir, "../..");
mkdirSync(join(ROOT, ".cache"), { recursive: true });
const folder = mkdtempSync(join(ROOT, ".cache/build-test-"));
const elsewhere = join(folder, "a longer way", "to it");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const git = (...words: string[]) => spawnSync("git", words, { cwd: ROOT, encoding: "utf8" }).stdout.trim();
const commit = git("rev-parse", "HEAD") || "unknown";

/** The same sources of the same commit in another folder. */
function copyCheckout(): void {
  mkdirSync(elsewhere, { recursive: true });
  for (const name of ["src", "build", "build.ts", "package.json", "package-lock.json", "tsconfig.json"])
    cpSync(join(ROOT, name), join(elsewhere, name), { recursive: true });
  const { status } = spawnSync("cp", ["-rl", join(ROOT, "node_modules"), elsewhere]);
  if (status !== 0) cpSync(join(ROOT, "node_modules"), join(elsewhere, "node_modules"), { recursive: true });
  symlinkSync(join(ROOT, ".cache"), join(elsewhere, ".cache"));
  if (commit !== "unknown")
    writeFileSync(join(elsewhere, ".git"), `gitdir: ${git("rev-parse", "--absolute-git-dir")}\n`);
}

function build(checkout: string, ...options: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [join(checkout, "build.ts"), ...options], {
    cwd: folder,
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr;
}

const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

test("build: the same commit gives the same bytes, once more and in another folder", () => {
  copyCheckout();
  expect(build(ROOT, "--outfile", "one/bentocloud")).toBe("");
  expect(build(ROOT, "--outfile", "two/bentocloud")).toBe("");
  expect(build(elsewhere, "--outfile", "three/bentocloud")).toBe("");
  const hashes = ["one", "two", "three"].map((name) => hash(join(folder, name, "bentocloud")));
  expect(new Set(hashes).size).toBe(1);
}, 120_000);

test("build: the program knows its version and commit", async () => {
  const { stdout } = await run(["--version", "--json"], { command: [join(folder, "one/bentocloud")] });
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(JSON.parse(stdout)).toEqual({ version, commit });
});

test("build: a stack trace can be read with the maps beside the program", async () => {
  const command = [join(folder, "one/bentocloud")];
  const { stderr } = await run(["token", "--context", "nobody", "--debug"], { command });
  expect(stderr).toContain("/$bunfs/root/");
  const { stdout } = spawnSync(
    process.execPath,
    [join(ROOT, "scripts/trace.ts"), join(folder, "one/bentocloud.maps")],
    {
      input: stderr,
      encoding: "utf8",
    },
  );
  expect(stdout).toMatch(/at async main \(src\/main\.ts:\d+:\d+\)/);
  expect(stdout).toMatch(/at requireContext \(src\/contexts\/require\.ts:\d+:\d+\)/);
  expect(stdout).not.toContain("$bunfs");
});

test("build: a program for macOS can be made here, signed, with nothing of this machine in it", () => {
  expect(build(elsewhere, "--target", "darwin-x64")).toBe("");
  const program = readFileSync(join(elsewhere, "dist/darwin-x64/bentocloud"));
  const target = TARGETS.find(({ name }) => name === "darwin-x64")!;
  expect(verify(program)).toEqual([]);
  expect(readFormat(program, target)).toMatchObject({ format: "Mach-O", cpu: "x64", problems: [] });
  const payload = readPayload(program);
  expect(checkContents(payload, payload, target)).toEqual([]);
  expect(program.includes(elsewhere)).toBe(false);
}, 120_000);

test("build: what is left behind is the program and its maps", () => {
  expect(readdirSync(join(folder, "one")).sort()).toEqual(["bentocloud", "bentocloud.maps"]);
});

test("build: a target that is none is refused", () => {
  expect(build(ROOT, "--target", "amiga-68k")).toContain("no target amiga-68k; there are linux-x64");
});
