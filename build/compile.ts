/**
 * The second half of a build: puts the chunks and a runtime into one file. The binary must load nothing from its working
 * directory. By default Bun reads `.env` there and runs what a `bunfig.toml` preloads, so every autoload is off.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { type Chunk, START } from "./bundle.ts";
import { isElf, keepLimits, surviveStrip } from "./elf.ts";
import type { Runtime } from "./runtimes.ts";
import { describeProgram } from "./windows.ts";

/** Options for every target, and for the bare program that the sizes are compared with. */
export const SAFE = {
  autoloadBunfig: false,
  autoloadDotenv: false,
  autoloadPackageJson: false,
  autoloadTsconfig: false,
  // Trust the system's certificate store, as other programs do.
  execArgv: ["--use-system-ca"],
};

const CACHE = join(import.meta.dir, "../.cache");

/** The folder inside a compiled program, as Bun names it. */
export function baseOn(os: string): string {
  return os === "win32" ? "B:/~BUN/root/" : "/$bunfs/root/";
}

/** Compiles for this machine, unless a runtime is given. */
export async function compile(chunks: Chunk[], outfile: string, runtime?: Runtime): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "build-"));
  try {
    for (const { name, contents } of chunks) writeFileSync(join(folder, name), contents);
    const later = chunks.filter(({ isHot, name }) => isHot && name !== START);
    const files = chunks.filter(({ isHot }) => !isHot);
    writeFileSync(join(folder, "files.js"), files.map(({ name }, index) => asFile(name, index)).join(""));
    await Bun.build({
      entrypoints: [START, ...later.map(({ name }) => name), "files.js"].map((name) => join(folder, name)),
      root: folder,
      target: "bun",
      format: "esm",
      bytecode: true,
      // As in the first half, so that the source maps stay right.
      minify: { whitespace: true, syntax: true, identifiers: false },
      naming: { entry: "[name].[ext]", asset: "[name].[ext]" },
      plugins: [externalChunks],
      compile: { outfile, ...SAFE, ...(runtime && describedRuntime(runtime, folder)) },
    });
    const program = readFileSync(outfile);
    if (!isElf(program)) return;
    surviveStrip(program);
    keepLimits(program);
    writeFileSync(outfile, program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function describedRuntime(runtime: Runtime, folder: string): Runtime {
  if (!runtime.target.startsWith("bun-windows")) return runtime;
  const executablePath = join(folder, "runtime.exe");
  writeFileSync(executablePath, describeProgram(readFileSync(runtime.executablePath)));
  return { ...runtime, executablePath };
}

/** Bun embeds a file only if something imports it. */
function asFile(name: string, index: number): string {
  return `import f${index} from "./${name}" with { type: "file" }; export { f${index} };\n`;
}

/** Keeps the chunks apart: what they import from each other is already in the binary. */
const externalChunks: BunPlugin = {
  name: "external-chunks",
  setup(build) {
    build.onResolve({ filter: /^(?:\/\$bunfs|B:\/~BUN)\/root\// }, ({ path }) => ({ path, external: true }));
  },
};
