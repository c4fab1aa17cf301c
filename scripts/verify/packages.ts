/**
 * Unpacks every package in `dist` and checks the program inside. Finds packagers that strip, sign or rewrite programs: the
 * program must equal the built one, and the one for this machine must print its version.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { TARGETS, type Target } from "../../build/targets.ts";
import { archiveName } from "../package/archive.ts";
import { sha256 } from "../package/checksums.ts";
import { VERSION } from "../package/project.ts";
import { run } from "../package/run.ts";
import { ownTarget } from "./run.ts";

interface Package {
  /** Below `dist`. */
  file: string;
  /** Where the program is in it. */
  program: string;
}

function packagesOf(target: Target): Package[] {
  const linux = `release/bentocloud-${target.name}`;
  return [
    { file: `release/${archiveName(target)}`, program: target.exe },
    { file: `npm/bentocloud-cli-${target.name}-${VERSION}.tgz`, program: `package/bin/${target.exe}` },
    ...(target.libc === "glibc"
      ? [".deb", ".rpm"].map((ending) => ({ file: `${linux}${ending}`, program: "usr/bin/bentocloud" }))
      : []),
  ];
}

export function unpack(file: string, folder: string): void {
  if (file.endsWith(".zip")) run(["unzip", "-q", file, "-d", folder]);
  else if (file.endsWith(".deb")) run(["dpkg-deb", "--extract", file, folder]);
  else if (file.endsWith(".rpm"))
    run(["sh", "-c", 'rpm2cpio "$1" | cpio -idm --quiet', "sh", file], { cwd: folder });
  else run(["tar", "-xzf", file, "-C", folder]);
}

/** Makes a folder whose package.json gives a bare Bun something to run for commands of ours. */
export function makeHostileFolder(parent: string): string {
  const folder = join(parent, "hostile");
  mkdirSync(folder);
  const scripts = { token: "echo hostile", "--version": "echo hostile" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "index.js", scripts }));
  writeFileSync(join(folder, "index.js"), "console.log('hostile')");
  return folder;
}

/** Runs the program in an empty and in a hostile folder. Returns one sentence for each wrong answer. */
export function checkIdentity(command: readonly string[]): string[] {
  const home = mkdtempSync(join(tmpdir(), "bentocloud-identity-"));
  const [program = "", ...first] = command;
  const ask = (cwd: string, word: string) => {
    const env = { HOME: home, PATH: process.env["PATH"] ?? "" };
    return spawnSync(program, [...first, word], { cwd, env, encoding: "utf8" }).stdout;
  };
  try {
    const hostile = makeHostileFolder(home);
    const answers = [
      [`bentocloud ${VERSION}\n`, ask(home, "--version"), "--version"],
      [`bentocloud ${VERSION}\n`, ask(hostile, "--version"), "--version beside a package.json"],
      ["", ask(hostile, "token"), "token beside a package.json"],
    ] as const;
    return answers.flatMap(([expected, answer, words]) =>
      answer === expected ? [] : [`${words} prints ${JSON.stringify(answer)}`],
    );
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** One sentence for each problem. */
export function checkPackages(dist: string): string[] {
  return TARGETS.flatMap((target) => {
    const built = sha256(join(dist, target.name, target.exe));
    return packagesOf(target).flatMap(({ file, program }) => {
      const folder = mkdtempSync(join(tmpdir(), "bentocloud-unpacked-"));
      try {
        unpack(join(dist, file), folder);
        const path = join(folder, program);
        if (sha256(path) !== built) return [`${file}: its program is not the one that was built`];
        // `verify.ts` runs those that need an emulator, before they are packed.
        const problems = target === ownTarget() ? checkIdentity([path]) : [];
        return problems.map((problem) => `${file}: ${problem}`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
}

if (import.meta.main) {
  const problems = checkPackages(resolve(process.argv[2] ?? "dist"));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
