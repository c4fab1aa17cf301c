/**
 * Libraries of other Linux systems, with which this machine runs the programs for them. The C libraries are packages of
 * Debian 13, the first Debian whose musl can load the libstdc++ for musl, which is taken from a Python wheel.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Target } from "../../build/targets.ts";
import { run } from "../package/run.ts";
import { PYTHON } from "./python.ts";

const CACHE = join(import.meta.dir, "../../.cache/sysroots");
const PACKAGES = join(CACHE, "packages");
const WHEELS = join(import.meta.dir, "musl-libraries.txt");
/** Names of the processors: Debian's, and the one in file names of GNU, musl and QEMU. */
const CPUS = { x64: { debian: "amd64", gnu: "x86_64" }, arm64: { debian: "arm64", gnu: "aarch64" } };

export function gnuName({ cpu }: Target): string {
  return CPUS[cpu].gnu;
}

/** A folder with the libraries of a target in `lib`, made on first use. @throws Error when they cannot be had here. */
export function prepareSysroot(target: Target): string {
  const root = join(CACHE, target.name);
  if (existsSync(root)) return root;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "unpack-"));
  try {
    const unpacked = join(folder, "root");
    if (target.libc === "musl") makeMuslRoot(unpacked, target);
    else unpackPackage("libc6", target, unpacked);
    if (!existsSync(join(unpacked, "lib"))) symlinkSync("usr/lib", join(unpacked, "lib"));
    renameSync(unpacked, root);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return root;
}

function makeMuslRoot(root: string, target: Target): void {
  const lib = join(root, "lib");
  const loader = `ld-musl-${gnuName(target)}.so.1`;
  unpackPackage("musl", target, `${root}-musl`);
  const folder = [`${root}-musl/usr/lib`, `${root}-musl/lib`].find((path) => existsSync(join(path, loader)))!;
  cpSync(realpathSync(join(folder, loader)), join(lib, loader));
  const wheels = `${root}-wheel`;
  const exact = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--python-version=3.12"];
  const platform = `--platform=musllinux_1_2_${gnuName(target)}`;
  run([PYTHON, "-m", "pip", "download", "--quiet", ...exact, platform, "--dest", wheels, "-r", WHEELS]);
  run([PYTHON, "-m", "zipfile", "-e", join(wheels, readdirSync(wheels)[0]!), wheels]);
  const libraries = join(wheels, "greenlet.libs");
  for (const name of readdirSync(libraries)) {
    cpSync(join(libraries, name), join(lib, name));
    // In a wheel the file names contain a hash, by which the libraries find each other.
    symlinkSync(name, join(lib, name.replace(/-[0-9a-f]+(\.so\.\d+).*/, "$1")));
  }
}

function unpackPackage(name: string, { cpu }: Target, to: string): void {
  if (!existsSync(PACKAGES)) fetchPackages();
  const { debian } = CPUS[cpu];
  const file = readdirSync(PACKAGES).find(
    (one) => one.startsWith(`${name}_`) && one.endsWith(`_${debian}.deb`),
  );
  if (!file) throw new Error(`apt has no ${name} for ${debian} here`);
  run(["dpkg-deb", "--extract", join(PACKAGES, file), to]);
}

/** Downloads the packages of every target, which apt verifies, with lists of our own: apt's settings stay as they are. */
function fetchPackages(): void {
  if (!Bun.which("apt-get")) throw new Error("it needs apt-get");
  console.error("downloading C libraries into .cache/sysroots");
  const folder = mkdtempSync(join(CACHE, "download-"));
  const packages = join(folder, "packages");
  try {
    for (const name of ["packages", "lists/partial"]) mkdirSync(join(folder, name), { recursive: true });
    const mirror = debianMirror();
    if (mirror === undefined) run(["apt-get", "download", "-qq", "musl"], { cwd: packages });
    else {
      const sources = join(folder, "sources.list");
      writeFileSync(sources, `deb [arch=amd64,arm64] ${mirror} trixie main\n`);
      const settings = [
        `Dir::Etc::SourceList=${sources}`,
        "Dir::Etc::SourceParts=/dev/null",
        `Dir::State::Lists=${folder}/lists`,
        `Dir::Cache=${folder}/cache`,
        "APT::Architectures::=amd64",
        "APT::Architectures::=arm64",
        "APT::Sandbox::User=root",
      ].flatMap((setting) => ["-o", setting]);
      run(["apt-get", "update", "-qq", ...settings]);
      const names = ["musl", "libc6"].flatMap((name) => [`${name}:amd64`, `${name}:arm64`]);
      run(["apt-get", "download", "-qq", ...settings, ...names], { cwd: packages });
    }
    renameSync(packages, PACKAGES);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The mirror from which apt gets Debian. On Ubuntu, whose own musl is new enough, there is none. */
export function debianMirror(): string | undefined {
  const format = "$(REPO_URI) $(CODENAME)";
  const { stdout } = Bun.spawnSync(["apt-get", "indextargets", "--format", format, "Origin: Debian"]);
  const sources = stdout.toString().split("\n");
  return sources.map((line) => /^(\S+) [a-z]+$/.exec(line)?.[1]).find((uri) => uri !== undefined);
}
