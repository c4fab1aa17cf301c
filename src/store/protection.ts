import { basename, dirname, join } from "node:path";
import { parseJSON } from "confbox/json";
import { CliError } from "../errors.ts";
import { requirePrivateDirectory } from "../system/create-file.ts";
import { discard, realTarget } from "../system/files.ts";
import { readOwnFile } from "../system/read-file.ts";
import { isHomeFile, type Paths } from "./paths.ts";
import { writeOwnJson } from "../system/own-json.ts";
import { besideTarget, withStoreLock } from "./store-lock.ts";

/**
 * The names of the protected contexts: commands that change something ask for the name first. The list belongs to the
 * contexts file, however that is reached, so it is in the home of the real file, or beside a file that is in no home. A
 * list in the home that was given counts too, from before its file became a link. The list has a file of its own, because
 * what else we remember may be lost at any time. A list that cannot be read is an error.
 */
function locateList({ file, own }: Paths): string {
  const target = realTarget(file);
  return isHomeFile(target) ? join(own, LIST) : besideTarget(target, LIST);
}

const LIST = "protected.json";

/** Where the list stood before the contexts file became a link. */
function locateEarlier({ file, own }: Paths): string {
  return join(dirname(file), basename(own), LIST);
}

/** @throws CliError `CORRUPT`, or `STORAGE`. */
export function readProtected(paths: Paths): string[] {
  const lists = new Set([locateList(paths), locateEarlier(paths)]);
  // Checked first: in a directory that another user made, a missing list does not prove that nothing is protected.
  for (const path of [paths.own, dirname(locateEarlier(paths))]) requirePrivateDirectory(path);
  return [...new Set([...lists].flatMap(readList))];
}

function readList(path: string): string[] {
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
    if (locateEarlier(paths) !== target) discard(locateEarlier(paths));
    return true;
  });
}
