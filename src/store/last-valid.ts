import { CliError } from "../errors.ts";
import { readContexts } from "../yaml/read.ts";
import type { Paths } from "./home.ts";
import type { StoreTools } from "./store.ts";
import { withTurn } from "./store-lock.ts";
import { readKnown } from "./known.ts";
import { keep, type Kept, listKept, readKept } from "./versions.ts";

/** Keeps the file as we last left it among the versions. For the holder of the store's locks only. */
export async function keepLastWhole(paths: Paths): Promise<void> {
  const known = readKnown(paths);
  if (known !== undefined && (await canRead(known))) keep(paths.own, "version", known);
}

/** The newest version that can be read. */
export async function lastWhole(own: string): Promise<Kept | undefined> {
  for (const kept of listKept(own, "version").toReversed()) {
    const text = readKept(kept);
    if (text !== undefined && (await canRead(text))) return kept;
  }
  return undefined;
}

/** The error of a file that cannot be read, with the version to bring back instead, where there is one. */
export async function adviseRestore({ paths, signal }: StoreTools, error: unknown): Promise<unknown> {
  if (!(error instanceof CliError) || error.code !== "CORRUPT") return error;
  try {
    if (readKnown(paths) !== undefined)
      await withTurn(paths, { signal: signal(), waitMs: 0 }, () => keepLastWhole(paths));
  } catch {
    // Where nothing can be written, what is among the versions already has to do.
  }
  const last = await lastWhole(paths.own);
  if (!last) return error;
  return new CliError(error.code, error.message, {
    hint: `correct it, or \`bentocloud restore ${last.id}\` puts it aside and brings back the last whole version`,
    cause: error,
  });
}

function canRead(text: string): Promise<boolean> {
  return readContexts(text).then(
    () => true,
    () => false,
  );
}
