import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "../..");

/** ofetch, the one package that is not bundled in the library, and what it depends on. */
const DEPENDENCIES = ["ofetch", "destr", "ufo", "node-fetch-native"];

/**
 * Builds the library and installs it in a directory, as a package manager would. `BENTOCLOUD_LIBRARY` names one that was
 * built before, for tests in a runtime that cannot build.
 */
export function installLibrary(directory: string): void {
  const modules = join(directory, "node_modules");
  const own = join(modules, "bentocloud");
  const outdir = join(own, "dist/lib");
  mkdirSync(own, { recursive: true });
  cpSync(join(CHECKOUT, "package.json"), join(own, "package.json"));
  const built = process.env["BENTOCLOUD_LIBRARY"];
  if (built) cpSync(built, outdir, { recursive: true });
  else build(outdir);
  for (const name of DEPENDENCIES)
    cpSync(join(CHECKOUT, "node_modules", name), join(modules, name), { recursive: true });
}

function build(outdir: string): void {
  const command = [process.execPath, join(CHECKOUT, "build/library.ts"), "--outdir", outdir];
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`the library cannot be built: ${stderr.toString()}`);
}
