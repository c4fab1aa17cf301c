/**
 * Downloads the runtimes of other systems: Bun's npm packages, from the registry that npm is configured with. Bun would
 * download them by itself, but without checking them, and into the home of whoever builds. Here a package must have the
 * hash below, or nothing is built.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Build } from "bun";
import manifest from "../package.json" with { type: "json" };
import type { Target } from "./targets.ts";

const VERSION = manifest.devDependencies.bun;

/** Hashes of the packages of that version. For a new Bun, take them from `npm view NAME@VERSION dist.integrity`. */
const INTEGRITY: Record<string, string> = {
  "bun-linux-x64-baseline":
    "sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==",
  "bun-linux-aarch64":
    "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
  "bun-linux-x64-musl-baseline":
    "sha512-cWJhU8h0+MiUgpSt99sQhjxLIIosKEcKYdtKddohokUvAuN6jKOy7g7+QDTZTXtwHxz93wL3BX+L6wXVPDUH3A==",
  "bun-linux-aarch64-musl":
    "sha512-XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==",
  "bun-darwin-aarch64":
    "sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==",
  "bun-darwin-x64-baseline":
    "sha512-zqfLA5A4B+hYMh5WYzYSot3uZ06FzhdP0OEwQisEzdirYtXGj5cQFlfy31BGfNsAsk1Gd/w/OxJ/jqqJ3cMclw==",
  "bun-windows-x64-baseline":
    "sha512-/U3Dc74uGqE6EUqef7mPtg9KwJs7iJH4JHRMfIZIn18MrJh6Xz4gVvWDXRvzCL2j8wPlTnJVyrO4n7Qq4uM7TQ==",
  "bun-windows-aarch64":
    "sha512-MiPFZnBNDnBXgr1oONc5pizC4fOLjnIOfNkYdFEnWzLmoFTg86naZIG3SvS7d/GglpQSAnCKMAzSjI/TAckiRw==",
};

const CACHE = join(import.meta.dir, "../.cache/runtimes");

/** The npm package of a runtime. Its name says aarch64 where Bun's target says arm64. */
export function packageOf(target: Target): { name: string; version: string; integrity: string } {
  const name = target.bun.replace("arm64", "aarch64");
  return { name: `@oven/${name}`, version: VERSION, integrity: INTEGRITY[name]! };
}

/** Options to compile a program for another machine. */
export interface Runtime {
  target: Build.CompileTarget;
  executablePath: string;
}

/** Downloads the runtime unless it is in the cache. */
export async function runtimeFor(target: Target): Promise<Runtime> {
  // Bun accepts the parts of the name in any order, its types in one order only.
  return { target: target.bun as Build.CompileTarget, executablePath: await fileFor(target) };
}

async function fileFor(target: Target): Promise<string> {
  const { name, integrity } = packageOf(target);
  const file = join(CACHE, `${target.bun}-${VERSION}`);
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "fetch-"));
  try {
    const archive = fetchPackage(`${name}@${VERSION}`, folder);
    checkIntegrity(name, archive, integrity);
    const exe = target.os === "win32" ? "bun.exe" : "bun";
    const files = await new Bun.Archive(archive).files();
    const runtime = files.get(`package/bin/${exe}`);
    if (!runtime) throw new Error(`${name} has no bin/${exe}`);
    writeFileSync(join(folder, exe), await runtime.bytes(), { mode: 0o755 });
    renameSync(join(folder, exe), file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return file;
}

function fetchPackage(spec: string, folder: string): Uint8Array {
  const isWindows = process.platform === "win32";
  const args = ["pack", "--silent", "--pack-destination", folder, spec];
  const { status, stdout } = spawnSync(isWindows ? "npm.cmd" : "npm", args, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    shell: isWindows,
  });
  if (status !== 0) throw new Error(`npm could not download ${spec}`);
  return readFileSync(join(folder, stdout.trim()));
}

/** @throws Error when the archive does not have the expected hash. */
export function checkIntegrity(name: string, archive: Uint8Array, integrity: string): void {
  const hash = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  if (hash !== integrity) throw new Error(`${name}@${VERSION} has the hash ${hash}, expected ${integrity}`);
}
