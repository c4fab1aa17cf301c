import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import type { Home } from "../support/home.ts";

const CHECKOUT = join(import.meta.dirname, "../..");

/** ofetch, the one package that is not bundled in the library, and what it depends on. */
const DEPENDENCIES = ["ofetch", "destr", "ufo", "node-fetch-native"];

/** Builds the library and installs it in this home, as a package manager would. */
export function installLibrary(home: Home): void {
  const modules = join(home.path, "node_modules");
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

interface Runtime {
  name: string;
  command: string[];
  isMissing: boolean;
}

/** The runtimes that run TypeScript. Node does from 22.18 on, which this machine may not have. */
export function runtimes(): Runtime[] {
  const bin = (name: string) => join(CHECKOUT, "node_modules/.bin", name);
  const node = process.env["BENTOCLOUD_NODE"] || "node";
  const types = spawnSync(node, ["-p", "process.features.typescript"]).stdout?.toString().trim();
  const deno = [bin("deno"), "run", "--quiet", "-A", "--no-config", "--node-modules-dir=manual"];
  return [
    { name: "bun", command: [bin("bun"), "--no-install"], isMissing: false },
    { name: "deno", command: deno, isMissing: false },
    { name: "node", command: [node], isMissing: types !== "strip" },
  ];
}
