import { CliError } from "../../errors.ts";
import { realTarget } from "../../system/files.ts";
import type { Paths } from "../home.ts";
import type { StoreTools } from "../store.ts";
import { withOwnLock } from "../turn.ts";
import { readKnown } from "./known.ts";
import { keep, listKept } from "./ring.ts";

/** Keeps the file as we last left it among the versions. For the holder of the store's lock only. */
export function keepLastWhole({ own, file }: Paths): void {
  const known = readKnown(own);
  if (known?.target === realTarget(file)) keep(own, "version", known.text);
}

/** The error of a file that cannot be read, with the version to bring back instead, where there is one. */
export async function adviseRestore({ paths, signal }: StoreTools, error: unknown): Promise<unknown> {
  if (!(error instanceof CliError) || error.code !== "CORRUPT") return error;
  const id = await lastWhole(paths, signal());
  if (id === undefined) return error;
  return new CliError(error.code, error.message, {
    hint: `correct it, or \`bentocloud restore ${id}\` puts it aside and brings back the last whole version`,
    cause: error,
  });
}

/** The ID of the newest whole version. */
async function lastWhole(paths: Paths, signal: AbortSignal): Promise<string | undefined> {
  try {
    if (readKnown(paths.own)) await withOwnLock(paths, signal, () => keepLastWhole(paths));
  } catch {
    // Where nothing can be written, what is among the versions already has to do.
  }
  return listKept(paths.own, "version").at(-1)?.id;
}
