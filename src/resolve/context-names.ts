import { readRegularFile } from "../system/read-file.ts";
import { mark } from "../system/text.ts";
import { readContexts } from "../yaml/read.ts";
import { locateHome } from "./bentoml-home.ts";
import type { Environment } from "../system/runtime.ts";

/**
 * The names of the stored contexts for a shell's completion, as far as they can be had at once: this waits for nobody,
 * writes nothing and says nothing. A name that could drive a terminal is left out.
 */
export async function suggestNames(env: Environment, cwd: () => string): Promise<string[]> {
  try {
    const file = readRegularFile(locateHome(env, cwd).file);
    const { contexts } = await readContexts(file?.bytes.toString("utf8") ?? "contexts: []\n");
    return [...new Set(contexts.map(({ name }) => name))].filter(
      (name) => name !== "" && mark(name) === name,
    );
  } catch {
    return [];
  }
}
