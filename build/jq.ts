import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { BunPlugin } from "bun";

const PACKAGE = join(import.meta.dir, "../node_modules/jq-wasm/dist");

/** What the program gets in the package's place: the same function, from two files inside the binary. */
const ENTRY = `
import { readFile } from "node:fs/promises";
import { brotliDecompressSync } from "node:zlib";
import script from "jq-wasm-script";
import packed from "jq-wasm-packed";
export async function loadJq() {
  const { loadJq } = await import(script);
  return loadJq({ wasmBinary: brotliDecompressSync(await readFile(packed)) });
}`;

/**
 * Left to itself the package looks for its WebAssembly beside its own file. Packed, it takes a quarter of the room; and
 * its script, which few runs need, takes a fifth when it is not translated to bytecode.
 */
export async function packJq(): Promise<BunPlugin> {
  const script = await bundleScript();
  const packed = brotliCompressSync(await readFile(join(PACKAGE, "build/jq.wasm")));
  return {
    name: "jq",
    setup(build) {
      const files: Record<string, string | Buffer> = { "jq-wasm-script": script, "jq-wasm-packed": packed };
      build.onResolve({ filter: /^jq-wasm$/ }, ({ path }) => ({ path, namespace: "jq" }));
      build.onLoad({ filter: /(?:)/, namespace: "jq" }, () => ({ contents: ENTRY, loader: "js" }));
      build.onResolve({ filter: /^jq-wasm-/ }, ({ path }) => ({ path, namespace: "jq-file" }));
      build.onLoad({ filter: /(?:)/, namespace: "jq-file" }, ({ path }) => ({
        contents: files[path]!,
        loader: "file",
      }));
    },
  };
}

async function bundleScript(): Promise<string> {
  const entrypoints = [join(PACKAGE, "browser.mjs")];
  const { outputs } = await Bun.build({ entrypoints, target: "bun", minify: true });
  return outputs[0]!.text();
}
