import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";

const CACHE = join(import.meta.dir, "../../.cache/peers");

/**
 * A program of one of Debian's packages, so that it is the same one wherever this runs: unpacked into the cache, where
 * the machine is not touched. Where there is no apt, the one that is installed. Throws why there is none.
 */
export async function debianProgram(name: string, path: string): Promise<string> {
  const folder = join(CACHE, name);
  const program = join(folder, path);
  if (existsSync(program)) return program;
  if (Bun.which("apt-get") && Bun.which("dpkg-deb")) {
    console.error(`unpacking Debian's ${name} into .cache/peers`);
    mkdirSync(folder, { recursive: true });
    if (download(name, folder)) return program;
  }
  const installed = Bun.which(basename(path));
  if (installed === null) throw new Error(`Debian's ${name} is not to be had here`);
  return installed;
}

function download(name: string, folder: string): boolean {
  const get = () => run(["apt-get", "download", "-qq", name], folder);
  const isThere = get() || (process.getuid?.() === 0 && run(["apt-get", "update", "-qq"], folder) && get());
  return isThere && run(["sh", "-c", "dpkg-deb -x *.deb . && rm *.deb"], folder);
}

function run(command: string[], cwd: string): boolean {
  return Bun.spawnSync(command, { cwd, stdio: ["ignore", 2, 2] }).success;
}
