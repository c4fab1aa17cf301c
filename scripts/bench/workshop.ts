import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programCommand } from "../../test/support/program.ts";

/**
 * A temporary folder with everything that is measured. The programs are fresh copies beside each other, because what a
 * file's pages went through before changes the start-up time by a third.
 */
export interface Workshop {
  folder: string;
  /** The program that is measured. */
  binary: string;
  /** A compiled program that prints one word, and so does all that Bun itself has to. */
  bare: string;
  adopt(program: string, name: string): string;
  /** All that a program sees of the outside. */
  environment(extra?: Record<string, string>): Record<string, string>;
  remove(): void;
}

export async function openWorkshop(): Promise<Workshop> {
  const built = programCommand("binary")[0]!;
  const folder = mkdtempSync(join(tmpdir(), "bentocloud-bench-"));
  const adopt = (program: string, name: string) => {
    const path = join(folder, name);
    copyFileSync(program, path);
    chmodSync(path, 0o755);
    return path;
  };
  return {
    folder,
    binary: adopt(built, "bentocloud"),
    bare: adopt(await compileBare(folder), "bare"),
    adopt,
    environment: (extra) => ({
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      LANG: "C.UTF-8",
      ...extra,
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function compileBare(folder: string): Promise<string> {
  const source = join(folder, "bare.ts");
  const outfile = join(folder, "bare-as-built");
  await Bun.write(source, 'console.log("word");\n');
  await Bun.build({
    entrypoints: [source],
    target: "bun",
    format: "esm",
    bytecode: true,
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
  });
  return outfile;
}
