import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "../..");

/** ofetch, the one package that is not bundled in the library, and what it depends on. */
const DEPENDENCIES = ["ofetch", "destr", "ufo", "node-fetch-native"];

/** Builds the library and installs it in a directory, as a package manager would. */
export function installLibrary(directory: string): void {
  const modules = join(directory, "node_modules");
  const own = join(modules, "bentocloud");
  const outdir = join(own, "dist/lib");
  mkdirSync(own, { recursive: true });
  cpSync(join(CHECKOUT, "package.json"), join(own, "package.json"));
  const { exitCode, stderr } = Bun.spawnSync([
    process.execPath,
    join(CHECKOUT, "build/library.ts"),
    "--outdir",
    outdir,
  ]);
  if (exitCode !== 0) throw new Error(`the library cannot be built: ${stderr.toString()}`);
  for (const name of DEPENDENCIES) symlinkSync(join(CHECKOUT, "node_modules", name), join(modules, name));
}
