import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dir, "../../.cache/peers");

export interface GoProgram {
  name: string;
  module: string;
  /** Pins every module below it as well. */
  version: string;
  /** The package that is the program, or the source of one where no package of the module is. */
  main: { package: string } | { source: string };
}

/** Builds a program from its Go module, once, and returns its path: every machine then measures the same version. */
export function buildGoProgram({ name, module, version, main }: GoProgram): string {
  const folder = join(CACHE, `${name}-${version}`);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  if (Bun.which("go") === null) throw new Error("it is built with Go, which is not installed");
  console.error(`building ${name} ${version} into .cache/peers`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "go.mod"), `module peer\n\ngo 1.26\n\nrequire ${module} ${version}\n`);
  if ("source" in main) writeFileSync(join(folder, "main.go"), main.source);
  const what = "source" in main ? "." : main.package;
  // Without `go mod tidy`, which asks for the tests' modules too; `-mod=mod` fills go.mod and go.sum.
  const command = ["go", "build", "-mod=mod", "-o", name, what];
  const { success, stderr } = Bun.spawnSync(command, { cwd: folder, stdout: 2, stderr: "pipe" });
  if (!success) throw new Error(`it could not be built: ${stderr.toString().trim().split("\n").at(-1)}`);
  return program;
}
