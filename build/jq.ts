import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { BunPlugin } from "bun";

const PACKAGE = join(import.meta.dir, "../node_modules/jq-wasm/dist");

/** Replaces the package by the same function, which reads the WebAssembly from a file inside the binary. */
const ENTRY = `
import packed from "jq-wasm-packed";
export async function loadJq() {
  const { readFile } = process.getBuiltinModule("node:fs/promises");
  const { brotliDecompressSync } = process.getBuiltinModule("node:zlib");
  const { loadJq } = await import("jq-wasm-script");
  return loadJq({ wasmBinary: brotliDecompressSync(await readFile(packed)) });
}`;

/**
 * The package looks for its WebAssembly beside its own file, which a binary does not have. Compressed, the WebAssembly takes
 * a quarter of the space; minified, the script takes half, and its names are in no stack trace of ours.
 */
export async function packJq(): Promise<BunPlugin> {
  const script = await bundleScript();
  const packed = brotliCompressSync(await readFile(join(PACKAGE, "build/jq.wasm")));
  return {
    name: "jq",
    setup(build) {
      build.onResolve({ filter: /^jq-wasm(-script)?$/ }, ({ path }) => ({ path, namespace: "jq" }));
      build.onLoad({ filter: /(?:)/, namespace: "jq" }, ({ path }) => ({
        contents: path === "jq-wasm" ? ENTRY : script,
        loader: "js",
      }));
      build.onResolve({ filter: /^jq-wasm-packed$/ }, () => ({ path: "jq.wasm.br", namespace: "jq-file" }));
      build.onLoad({ filter: /(?:)/, namespace: "jq-file" }, () => ({ contents: packed, loader: "file" }));
    },
  };
}

async function bundleScript(): Promise<string> {
  const entrypoints = [join(PACKAGE, "browser.mjs")];
  const { outputs } = await Bun.build({ entrypoints, target: "bun", minify: true });
  return outputs[0]!.text();
}
