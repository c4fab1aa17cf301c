/**
 * Packages the programs that `build.ts --all` wrote to `dist`: `dist/release` is for the release page, `dist/npm` for npm.
 * `dist/subjects.txt` lists every file of the page and every program for the attestation. Equal programs give equal files,
 * byte for byte. The formula, the manifest and the installers all use the same `checksums.txt`.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TARGETS, type Target } from "../build/targets.ts";
import { archiveName, writeArchive } from "./package/archive.ts";
import { renderChecksums, sha256 } from "./package/checksums.ts";
import { renderFormula } from "./package/homebrew.ts";
import { writeDeb, writeRpm } from "./package/linux.ts";
import { writeNpmPackages } from "./package/npm.ts";
import { type Placed, place } from "./package/place.ts";
import { type Packaging, VERSION } from "./package/project.ts";
import { run } from "./package/run.ts";
import { renderManifest } from "./package/scoop.ts";
import { completions, licences, manual } from "./package/documents.ts";

const ROOT = join(import.meta.dir, "..");

/** Writes everything for the release page, with checksums. */
export async function writeRelease({ dist, time }: Packaging): Promise<void> {
  const out = join(dist, "release");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const pages = await manual(time);
  place(join(dist, "man"), pages.map(withoutFolder), time);
  const shared = [...licences(dist), ...pages, ...completions()];
  for (const target of TARGETS) {
    const files = [binaryOf(dist, target), ...shared];
    writeArchive(join(out, archiveName(target)), files, time);
    if (target.libc !== "glibc") continue;
    const outfile = join(out, `bentocloud-${target.name}`);
    writeDeb({ target, version: VERSION, time, files, outfile: `${outfile}.deb` });
    writeRpm({ target, version: VERSION, time, files, outfile: `${outfile}.rpm` });
  }
  for (const name of ["install.sh", "install.ps1"])
    copyFileSync(join(ROOT, "scripts", name), join(out, name));
  for (const name of ["sbom.cdx.json", "THIRD_PARTY_LICENSES"])
    copyFileSync(join(dist, name), join(out, name));
  // The installers ask for the newest version once, and download everything else from the release of that version.
  writeFileSync(join(out, "version.txt"), `v${VERSION}\n`);
  writeChecksums(dist, out);
}

function binaryOf(dist: string, { name, exe }: Target): Placed {
  return { path: exe, from: join(dist, name, exe), executable: true };
}

/** `man1/NAME.1` instead of `man/man1/NAME.1`. */
function withoutFolder(page: Placed): Placed {
  return { ...page, path: page.path.replace(/^man\//, "") };
}

function writeChecksums(dist: string, out: string): void {
  const checksums = renderChecksums(filesIn(out));
  writeFileSync(join(out, "checksums.txt"), checksums);
  writeFileSync(join(out, "bentocloud.rb"), renderFormula(VERSION, checksums));
  writeFileSync(join(out, "bentocloud.json"), renderManifest(VERSION, checksums));
  // Attest the binaries too, for people who received one from a package and have no archive.
  const binaries = TARGETS.map(
    ({ name, exe }) =>
      `${sha256(join(dist, name, exe))}  ${exe.replace("bentocloud", `bentocloud-${name}`)}\n`,
  );
  writeFileSync(join(dist, "subjects.txt"), `${renderChecksums(filesIn(out))}${binaries.join("")}`);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

/** The time of the newest commit, unless SOURCE_DATE_EPOCH is set. */
function sourceTime(): number {
  return Number(process.env["SOURCE_DATE_EPOCH"] ?? run(["git", "log", "-1", "--format=%ct"], { cwd: ROOT }));
}

if (import.meta.main) {
  const packaging = { dist: join(ROOT, "dist"), time: sourceTime() };
  await writeRelease(packaging);
  writeNpmPackages(packaging);
}
