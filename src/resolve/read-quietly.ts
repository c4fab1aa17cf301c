import { readRegularFile } from "../system/read-file.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { locateHome } from "./bentoml-home.ts";
import type { Environment } from "../system/runtime.ts";

/**
 * The stored contexts for a shell's completion, read once: without waiting for a writer, writing, or a message.
 */
export async function readContextsQuietly(env: Environment, cwd: () => string): Promise<ContextsFile> {
  const file = readRegularFile(locateHome(env, cwd).file);
  return readContexts(file?.bytes.toString("utf8") ?? "contexts: []\n");
}
