import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "../../build/targets.ts";
import { type Placed, place } from "./place.ts";
import { run } from "./run.ts";

/** Without the version, so that a link to the newest release's archive never changes. */
export function archiveName({ name, os }: Target): string {
  return `bentocloud-${name}.${os === "win32" ? "zip" : "tar.gz"}`;
}

/** Archives are reproducible: equal files and an equal time give equal bytes. */
export function writeArchive(outfile: string, files: readonly Placed[], time: number): void {
  const root = mkdtempSync(join(tmpdir(), "bentocloud-archive-"));
  try {
    place(root, files, time);
    rmSync(outfile, { force: true });
    if (outfile.endsWith(".zip")) zip(outfile, root, files);
    else tar(outfile, root, time);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function tar(outfile: string, root: string, time: number): void {
  const owner = ["--owner=0", "--group=0", "--numeric-owner"];
  const options = ["--format=ustar", "--sort=name", `--mtime=@${time}`, ...owner, "-I", "gzip -n9"];
  run(["tar", ...options, "-cf", outfile, "-C", root, ...readdirSync(root).toSorted()]);
}

function zip(outfile: string, root: string, files: readonly Placed[]): void {
  const names = files.map(({ path }) => path).toSorted();
  // Zip stores local time without a zone. -X leaves out the owners.
  run(["zip", "-q", "-9", "-X", outfile, ...names], { cwd: root, env: { TZ: "UTC" } });
}
