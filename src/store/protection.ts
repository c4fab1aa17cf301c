import { join } from "node:path";
import { parseJSON, stringifyJSON } from "confbox/json";
import { CliError } from "../errors.ts";
import { codeOf, readRegularFile, storageError } from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import type { Paths } from "./home.ts";
import { withTurn } from "./store-lock.ts";

/**
 * The names of the contexts that are used for nothing that may change something without being named once more. In a
 * file apart from what else we remember, because that may be lost at any time, and what was lost would protect nothing:
 * a list that cannot be read is an error.
 */
const FILE = "protected.json";

/** @throws CliError `CORRUPT`, or `STORAGE`. */
export function readProtected(own: string): string[] {
  const path = join(own, FILE);
  const text = read(path);
  if (text === undefined) return [];
  try {
    const names = parseJSON(text);
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  } catch {
    // The same as a list of something else.
  }
  throw new CliError("CORRUPT", `${path} is no list of protected contexts`, {
    hint: "remove it, and protect what was protected again (bentocloud context protect NAME)",
  });
}

export async function writeProtected(
  paths: Paths,
  signal: AbortSignal,
  change: (names: readonly string[]) => string[],
): Promise<void> {
  const { own } = paths;
  const target = join(own, FILE);
  await withTurn(paths, { signal }, async ({ held }) => {
    const names = [...new Set(change(readProtected(own)))];
    const text = stringifyJSON(names, { indent: 2, whitespace: { start: "", end: "\n" } } as never);
    try {
      sweepTemporaries(own, (name) => name === FILE);
      const isWritten = replaceFile({ target, text, mode: 0o600, stillValid: held });
      return isWritten ? undefined : "lost";
    } catch (error) {
      throw storageError("write", target, error);
    }
  });
}

function read(path: string): string | undefined {
  try {
    return readRegularFile(path)?.bytes.toString("utf8");
  } catch (error) {
    // A file stands where our directory would be: nothing was ever kept there.
    if (codeOf(error) === "ENOTDIR") return undefined;
    throw storageError("read", path, error);
  }
}
