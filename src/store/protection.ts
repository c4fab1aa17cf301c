import { join } from "node:path";
import { parseJSON } from "confbox/json";
import { CliError } from "../errors.ts";
import { requirePrivateDirectory } from "../system/create.ts";
import { readOwnFile, realTarget } from "../system/files.ts";
import { isHomeFile, type Paths } from "./home.ts";
import { writeOwnJson } from "./own-json.ts";
import { besideTarget, withStoreLock } from "./store-lock.ts";

/**
 * The names of the protected contexts: commands that change something ask for the name first. The list belongs to the
 * contexts file, however that is reached, so it stands in the home of the real file, or beside a file that stands in
 * none. It is apart from what else we remember, because that may be lost at any time, and a lost list would protect
 * nothing: one that cannot be read is an error.
 */
function locateList({ file, own }: Paths): string {
  const target = realTarget(file);
  return isHomeFile(target) ? join(own, "protected.json") : besideTarget(target, "protected.json");
}

/** @throws CliError `CORRUPT`, or `STORAGE`. */
export function readProtected(paths: Paths): string[] {
  // In a directory that somebody else made, a list that is missing says nothing.
  requirePrivateDirectory(paths.own);
  const path = locateList(paths);
  const text = readOwnFile(path)?.toString("utf8");
  if (text === undefined) return [];
  try {
    const names = parseJSON(text);
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  } catch {
    // Not JSON is no list either.
  }
  throw new CliError("CORRUPT", `${path} is no list of protected contexts`, {
    hint: "remove it, and protect the contexts again: bentocloud context protect NAME",
  });
}

export async function writeProtected(
  paths: Paths,
  signal: AbortSignal,
  change: (names: readonly string[]) => string[],
): Promise<void> {
  const target = locateList(paths);
  await withStoreLock(paths, { signal }, async ({ held }) => {
    const names = [...new Set(change(readProtected(paths)))];
    if (!held()) return undefined;
    writeOwnJson(target, names, { durable: true });
    return true;
  });
}
