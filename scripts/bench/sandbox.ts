import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programCommand } from "../../test/support/program.ts";
import { compileBare } from "../bare.ts";

/**
 * A temporary folder with everything that is measured. All programs are copied into it, because the page cache of a
 * file that was already in use changes its start-up time by a third.
 */
export interface Sandbox {
  folder: string;
  /** Our program. */
  binary: string;
  /** A compiled program that only prints a word. */
  bare: string;
  /** Copies a program into the folder and returns the path of the copy. */
  copyProgram(program: string, name: string): string;
  /** The whole environment of a measured program. */
  environment(extra?: Record<string, string>): Record<string, string>;
  remove(): void;
}

export async function openSandbox(): Promise<Sandbox> {
  const built = programCommand("binary")[0]!;
  const folder = mkdtempSync(join(tmpdir(), "bentocloud-bench-"));
  const copyProgram = (program: string, name: string) => {
    const path = join(folder, name);
    copyFileSync(program, path);
    chmodSync(path, 0o755);
    return path;
  };
  const builtBare = join(folder, "bare-as-built");
  await compileBare(folder, { outfile: builtBare, autoloadDotenv: false, autoloadBunfig: false });
  return {
    folder,
    binary: copyProgram(built, "bentocloud"),
    bare: copyProgram(builtBare, "bare"),
    copyProgram,
    environment: (extra) => ({
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      LANG: "C.UTF-8",
      ...extra,
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
