/**
 * The second half of a build: chunks and a runtime become one file. The binary must load nothing from the directory it
 * is started in: Bun by default reads `.env` there and runs what a `bunfig.toml` preloads, so every autoload is off.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { type Chunk, START } from "./bundle.ts";
import type { Runtime } from "./runtimes.ts";

/** On every target, and on the bare program that the sizes are compared with. */
export const SAFE = {
  autoloadBunfig: false,
  autoloadDotenv: false,
  autoloadPackageJson: false,
  autoloadTsconfig: false,
  // Certificates in the machine's own store count, as for every other program there.
  execArgv: ["--use-system-ca"],
};

const CACHE = join(import.meta.dir, "../.cache");

/** Where a binary of Bun finds what is in it. */
export function baseOn(os: string): string {
  return os === "win32" ? "B:/~BUN/root/" : "/$bunfs/root/";
}

/** For this machine, when no other runtime is given. */
export async function compile(chunks: Chunk[], outfile: string, foreign?: Runtime): Promise<void> {
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
      // As the chunks are written already, so that their maps stay right.
      minify: { whitespace: true, syntax: true, identifiers: false },
      naming: { entry: "[name].[ext]", asset: "[name].[ext]" },
      plugins: [apart],
      compile: { outfile, ...SAFE, ...foreign },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is not translated goes in as files, which something must ask for. */
function asFile(name: string, index: number): string {
  return `import f${index} from "./${name}" with { type: "file" }; export { f${index} };\n`;
}

/** Each chunk stays one: what it imports is in the binary beside it. */
const apart: BunPlugin = {
  name: "apart",
  setup(build) {
    build.onResolve({ filter: /^(?:\/\$bunfs|B:\/~BUN)\/root\// }, ({ path }) => ({ path, external: true }));
  },
};
