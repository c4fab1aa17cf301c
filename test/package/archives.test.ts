import { afterAll, beforeAll, expect } from "bun:test";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { TARGETS } from "../../build/targets.ts";
import { checksumOf, sha256 } from "../../scripts/package/checksums.ts";
import { writeDeb, writeRpm } from "../../scripts/package/linux.ts";
import { writeNpmPackages } from "../../scripts/package/npm.ts";
import { run as runTool } from "../../scripts/package/run.ts";
import { writeRelease } from "../../scripts/package.ts";
import { checkIdentity, checkPackages, unpack } from "../../scripts/verify/packages.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeDist, TIME } from "./release.ts";
import { describe, isUnequipped, test } from "./equipped.ts";

sweepCanaries();

const root = mkdtempSync(join(tmpdir(), "bentocloud-archives-"));
afterAll(() => rmSync(root, { recursive: true }));
const dist = join(root, "dist");
const release = join(dist, "release");
makeDist(dist);
if (!isUnequipped) await writeRelease({ dist, time: TIME });

const LINUX = ["bentocloud-linux-arm64", "bentocloud-linux-x64"];
const ARCHIVES = TARGETS.map(({ name, os }) => `bentocloud-${name}.${os === "win32" ? "zip" : "tar.gz"}`);
const OTHERS = ["THIRD_PARTY_LICENSES", "install.ps1", "install.sh", "sbom.cdx.json", "version.txt"];

const unpackedTo = (name: string) => {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
};

/** All files below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length + 1)] : []))
    .toSorted();
}

test("release: there is an archive for each target, without the version in its name, and .deb and .rpm for glibc", () => {
  const packages = LINUX.flatMap((name) => [`${name}.deb`, `${name}.rpm`]);
  const made = [...ARCHIVES, ...packages, ...OTHERS, "bentocloud.json", "bentocloud.rb", "checksums.txt"];
  expect(readdirSync(release).toSorted()).toEqual(made.toSorted());
  expect(readFileSync(join(release, "version.txt"), "utf8")).toBe(`v${manifest.version}\n`);
});

test("release: every file has the checksum of checksums.txt", () => {
  const checked = runTool(["sha256sum", "--strict", "--check", "checksums.txt"], { cwd: release });
  const names = checked.trim().split("\n").toSorted();
  const expected = readdirSync(release).filter(
    (name) => !/^(checksums\.txt|bentocloud\.(rb|json))$/.test(name),
  );
  expect(names).toEqual(expected.map((name) => `${name}: OK`).toSorted());
});

test("release: subjects.txt lists every file of the page, and the binaries by target", () => {
  const subjects = readFileSync(join(dist, "subjects.txt"), "utf8");
  const names = subjects
    .trim()
    .split("\n")
    .map((line) => line.split("  ")[1]!);
  const binaries = TARGETS.map(({ name, exe }) => exe.replace("bentocloud", `bentocloud-${name}`));
  expect(names.toSorted()).toEqual([...readdirSync(release), ...binaries].toSorted());
  for (const name of readdirSync(release))
    expect(checksumOf(subjects, name)).toBe(sha256(join(release, name)));
  for (const { name, exe } of TARGETS)
    expect(checksumOf(subjects, exe.replace("bentocloud", `bentocloud-${name}`))).toBe(
      sha256(join(dist, name, exe)),
    );
});

test("release: the same binaries give the same files, byte for byte", async () => {
  const again = join(root, "again/in/another/place");
  makeDist(again);
  await writeRelease({ dist: again, time: TIME });
  const different = readdirSync(release).filter(
    (name) => sha256(join(release, name)) !== sha256(join(again, "release", name)),
  );
  expect(different).toEqual([]);
});

describe.each(ARCHIVES)("%s", (archive) => {
  const folder = unpackedTo(archive);
  beforeAll(() => {
    unpack(join(release, archive), folder);
  });

  test("holds the program, the licences, the manual and the completions", () => {
    const exe = archive.endsWith(".zip") ? "bentocloud.exe" : "bentocloud";
    const files = filesIn(folder);
    expect(files.filter((file) => !file.startsWith("man/"))).toEqual(
      [
        "LICENSE",
        "THIRD_PARTY_LICENSES",
        exe,
        "completions/_bentocloud",
        "completions/bentocloud.bash",
        "completions/bentocloud.fish",
        "completions/bentocloud.ps1",
      ].toSorted(),
    );
    expect(files).toContain("man/man1/bentocloud.1");
    expect(files).toContain("man/man1/bentocloud-context-list.1");
    expect(readFileSync(join(folder, exe), "utf8")).toContain(
      `# ${archive.replace(/^bentocloud-|\..*/g, "")}\n`,
    );
    expect(readFileSync(join(folder, "completions/bentocloud.bash"), "utf8")).toContain("complete -F _");
  });

  test("contains no user, and the same time for every file", () => {
    if (archive.endsWith(".zip")) {
      const lines = runTool(["unzip", "-Z", "-T", join(release, archive)], { cwd: root }).split("\n");
      const times = lines.flatMap((line) => / (\d{8}\.\d{6}) /.exec(line)?.[1] ?? []);
      expect(new Set(times)).toEqual(new Set(["20260101.000000"]));
      expect(times.length).toBe(filesIn(folder).length);
      return;
    }
    const list = ["tar", "--utc", "--numeric-owner", "--full-time", "-tvzf", join(release, archive)];
    const lines = runTool(list).trim().split("\n");
    expect(lines.length).toBeGreaterThan(filesIn(folder).length);
    for (const line of lines) expect(line).toMatch(/^[-d]rw(x|-)r-\1r-\1 0\/0 .* 2026-01-01 00:00:00 /);
  });
});

describe("the .deb", () => {
  test.each([
    ["linux-x64", "amd64"],
    ["linux-arm64", "arm64"],
  ])("of %s is for %s, and its files belong to root", (name, architecture) => {
    const deb = join(release, `bentocloud-${name}.deb`);
    const fields = runTool(["dpkg-deb", "--field", deb]);
    expect(fields).toContain("Package: bentocloud\n");
    expect(fields).toContain(`Version: ${manifest.version}\n`);
    expect(fields).toContain(`Architecture: ${architecture}\n`);
    expect(fields).toMatch(/\nDepends: libc6 \(>= 2\.\d+\)\n/);
    for (const line of runTool(["dpkg-deb", "--contents", deb]).trim().split("\n"))
      expect(line).toMatch(/^[-d]\S+ root\/root /);
  });

  test("installs with dpkg, runs, has a manual page that man shows, and leaves nothing when purged", () => {
    const system = unpackedTo("debian");
    for (const path of ["info", "updates", "triggers"])
      mkdirSync(join(system, "var/lib/dpkg", path), { recursive: true });
    for (const path of ["status", "available"]) runTool(["touch", join(system, "var/lib/dpkg", path)]);
    const options = ["--force-not-root", "--force-depends", "--force-script-chrootless", `--root=${system}`];
    const dpkg = (...args: string[]) => runTool(["dpkg", ...options, "--log=/dev/null", ...args]);
    dpkg("--install", join(release, "bentocloud-linux-x64.deb"));
    expect(runTool([join(system, "usr/bin/bentocloud"), "--version"])).toBe(
      `bentocloud ${manifest.version}\n`,
    );
    const page = join(system, "usr/share/man/man1/bentocloud-exec.1.gz");
    expect(runTool(["sh", "-c", `gzip -dc '${page}' | nroff -man`])).toMatch(/bentocloud.exec/);
    for (const path of [
      "bash-completion/completions/bentocloud",
      "zsh/vendor-completions/_bentocloud",
      "fish/vendor_completions.d/bentocloud.fish",
      "doc/bentocloud/copyright",
    ])
      expect(existsSync(join(system, "usr/share", path))).toBe(true);
    dpkg("--purge", "bentocloud");
    expect(filesIn(system).filter((path) => path.includes("bentocloud"))).toEqual([]);
  });
});

describe("the .rpm", () => {
  test.each([
    ["linux-x64", "x86_64"],
    ["linux-arm64", "aarch64"],
  ])("of %s is for %s, and requires only glibc", (name, architecture) => {
    const rpm = join(release, `bentocloud-${name}.rpm`);
    const format = "%{NAME} %{VERSION} %{ARCH} %{LICENSE} %{BUILDHOST} %{BUILDTIME}\\n";
    expect(runTool(["rpm", "-qp", "--queryformat", format, rpm])).toBe(
      `bentocloud ${manifest.version} ${architecture} Apache-2.0 bentocloud ${TIME}\n`,
    );
    const needs = runTool(["rpm", "-qp", "--requires", rpm]).split("\n");
    expect(needs.filter((one) => one && !one.startsWith("rpmlib("))).toEqual([
      expect.stringMatching(/^glibc >= 2\./),
    ]);
  });

  test("has the manual and the completions where Fedora looks for them", () => {
    const folder = unpackedTo("fedora");
    const rpm = join(release, "bentocloud-linux-x64.rpm");
    unpack(rpm, folder);
    expect(filesIn(folder)).toContain("usr/share/man/man1/bentocloud.1.gz");
    expect(filesIn(folder)).toContain("usr/share/zsh/site-functions/_bentocloud");
  });
});

describe("the program in a package", () => {
  const target = TARGETS.find(({ name }) => name === "linux-x64")!;
  const packages = { target, version: manifest.version, time: TIME };

  test("equals the built program in every package, and prints its name and version", () => {
    writeNpmPackages({ dist, time: TIME });
    expect(checkPackages(dist)).toEqual([]);
  });

  test("is reported in every package if it was changed", () => {
    const [deb, rpm] = [".deb", ".rpm"].map((ending) => join(release, `bentocloud-linux-x64${ending}`));
    const kept = [deb, rpm].map((file) => readFileSync(file!));
    const files = [{ path: "bentocloud", content: "#!/bin/sh\necho 1.4.5\n", executable: true }];
    writeDeb({ ...packages, files, outfile: deb! });
    writeRpm({ ...packages, files, outfile: rpm! });
    const said = "its program is not the one that was built";
    expect(checkPackages(dist)).toEqual(
      [".deb", ".rpm"].map((ending) => `release/bentocloud-linux-x64${ending}: ${said}`),
    );
    for (const [index, file] of [deb, rpm].entries()) writeFileSync(file!, kept[index]!);
  });

  test("is reported if it became a bare Bun, in an empty folder and beside a package.json", () => {
    expect(checkIdentity([process.execPath])).toEqual([
      `--version prints "${Bun.version}\\n"`,
      `--version beside a package.json prints "${Bun.version}\\n"`,
      'token beside a package.json prints "hostile\\n"',
    ]);
  });

  test("is not stripped by the programs that make packages", () => {
    const elf = join(root, "elf");
    copyFileSync("/bin/sh", elf);
    appendFileSync(elf, "what strip takes away");
    const files = [{ path: "bentocloud", from: elf, executable: true }];
    for (const [ending, write] of [
      [".deb", writeDeb],
      [".rpm", writeRpm],
    ] as const) {
      const outfile = join(root, `elf${ending}`);
      write({ ...packages, files, outfile });
      const folder = unpackedTo(`elf-${ending}`);
      unpack(outfile, folder);
      expect(sha256(join(folder, "usr/bin/bentocloud"))).toBe(sha256(elf));
    }
  });
});
