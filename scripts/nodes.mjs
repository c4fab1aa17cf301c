import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LOCK = "test/library/nodes/package-lock.json";
const FOLDER = ".cache/nodes";

/** Installs the versions of Node in which tests run the library and the sources, unless they are there. */
export function prepareNodes() {
  const version = readFileSync(LOCK, "utf8");
  const complete = join(FOLDER, "complete");
  if (existsSync(complete) && readFileSync(complete, "utf8") === version) return;
  console.error(`installing versions of Node into ${FOLDER}`);
  mkdirSync(FOLDER, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    copyFileSync(join(LOCK, "..", name), join(FOLDER, name));
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const shell = process.platform === "win32";
  const { status } = spawnSync("npm", args, { cwd: FOLDER, stdio: ["ignore", 2, 2], shell });
  if (status !== 0) throw new Error(`npm ${args.join(" ")} failed in ${FOLDER}`);
  writeFileSync(complete, version);
}
