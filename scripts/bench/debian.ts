import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";

const CACHE = join(import.meta.dir, "../../.cache/peers");

/**
 * Unpacks a program of one of Debian's packages into the cache and returns its path, so that every machine measures the
 * same version and nothing is installed. Without apt it returns the installed program. Throws when there is neither.
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
  if (installed === null) throw new Error(`Debian's ${name} cannot be downloaded, and none is installed`);
  return installed;
}

function download(name: string, folder: string): boolean {
  const fetch = () => run(["apt-get", "download", "-qq", name], folder);
  const isFetched =
    fetch() || (process.getuid?.() === 0 && run(["apt-get", "update", "-qq"], folder) && fetch());
  return isFetched && run(["sh", "-c", "dpkg-deb -x *.deb . && rm *.deb"], folder);
}

function run(command: string[], cwd: string): boolean {
  return Bun.spawnSync(command, { cwd, stdio: ["ignore", 2, 2] }).success;
}
