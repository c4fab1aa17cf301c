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
import { targetNamed } from "../../build/targets.ts";
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

/** Copies the sources and the commit to another folder. */
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

function build(checkout: string, ...options: string[]) {
  const command = [join(checkout, "build.ts"), ...options];
  return spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
}

const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

test("build: the same commit gives the same bytes, also in another folder", () => {
  copyCheckout();
  expect(build(ROOT, "--outfile", "one/bentocloud")).toMatchObject({ status: 0, stderr: "" });
  expect(build(ROOT, "--outfile", "two/bentocloud").status).toBe(0);
  expect(build(elsewhere, "--outfile", "three/bentocloud").status).toBe(0);
  const hashes = ["one", "two", "three"].map((name) => hash(join(folder, name, "bentocloud")));
  expect(new Set(hashes).size).toBe(1);
}, 120_000);

test("build: the program knows its version and commit", async () => {
  const { stdout } = await run(["--version", "--json"], { command: [join(folder, "one/bentocloud")] });
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(JSON.parse(stdout)).toEqual({ version, commit });
});

test("build: the source maps beside the program make its stack traces readable", async () => {
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
  expect(stdout).toMatch(/at async runInvocation \(src\/cli\/parse-argv\.ts:\d+:\d+\)/);
  expect(stdout).toMatch(/at requireContext\d* \(src\/resolve\/require\.ts:\d+:\d+\)/);
  expect(stdout).not.toContain("$bunfs");
});

test("build: builds programs for macOS on any system, and names those that must be signed on macOS", () => {
  expect(build(elsewhere, "--target", "darwin-arm64").stderr).toBe("dist/darwin-arm64/bentocloud\n");
  const { stderr } = build(elsewhere, "--target", "darwin-x64");
  expect(stderr).toBe(
    "dist/darwin-x64/bentocloud: not signed; run `codesign --force --sign - dist/darwin-x64/bentocloud` on macOS\n",
  );
  for (const name of ["darwin-arm64", "darwin-x64"]) {
    const program = readFileSync(join(elsewhere, "dist", name, "bentocloud"));
    const target = targetNamed(name);
    expect(readFormat(program, target)).toMatchObject({ format: "Mach-O", cpu: target.cpu, problems: [] });
    const payload = readPayload(program);
    expect(checkContents(payload, payload, target)).toEqual([]);
    expect(program.includes(elsewhere)).toBe(false);
  }
}, 120_000);

test("verify:dist: an unsigned program for macOS is marked, and is an error in a release", () => {
  const verify = (...options: string[]) => {
    const command = [join(ROOT, "scripts/verify.ts"), join(elsewhere, "dist"), ...options];
    return spawnSync(process.execPath, command, { encoding: "utf8" });
  };
  const rehearsal = verify();
  expect(rehearsal.stdout).toMatch(/^\| darwin-arm64 .* ok +\|$/m);
  expect(rehearsal.stdout).toMatch(/^\| darwin-x64 .* NOT SIGNED \|$/m);
  const { stderr } = verify("--signed");
  expect(stderr).toContain("darwin-x64: signature: it does not cover everything before");
  expect(stderr).toMatch(/darwin-x64: signature: LIEF finds another hash for \d+ pages/);
  expect(stderr).not.toContain("do not agree");
}, 120_000);

test("build: leaves only the program and its source maps", () => {
  expect(readdirSync(join(folder, "one")).sort()).toEqual(["bentocloud", "bentocloud.maps"]);
});

test("build: an unknown target is refused", () => {
  expect(build(ROOT, "--target", "amiga-68k").stderr).toContain(
    "unknown target amiga-68k; the targets are linux-x64",
  );
});
