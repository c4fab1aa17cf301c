import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Compiles a program that prints one word and does nothing else. Sizes and times are compared with it, because no program
 * made with Bun can be smaller or faster. `folder` is for its source.
 */
export async function compileBare(folder: string, compile: Bun.CompileBuildOptions): Promise<void> {
  const source = join(folder, "bare.ts");
  writeFileSync(source, 'console.log("word");\n');
  await Bun.build({ entrypoints: [source], target: "bun", format: "esm", bytecode: true, compile });
}
