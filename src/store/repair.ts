import { discard, readRegularFile, removeFile, storageError } from "../system/files.ts";
import { replaceFile } from "../system/replace.ts";
import { CliError } from "../errors.ts";
import { FILE_MODE, isUnchanged, quietly } from "./commit.ts";
import { readContexts } from "../yaml/read.ts";
import { setAside } from "./quarantine.ts";
import { forgetKnown, writeKnown } from "./known.ts";
import { keepLastWhole } from "./last-valid.ts";
import { EMPTY, parse } from "./snapshot.ts";
import type { Replaced, StoreTools } from "./store.ts";
import type { Turn } from "./store-lock.ts";

/** Puts this text, or nothing, in the place of what is no contexts file; that is kept beside it. */
export async function replaceCorrupt(
  { paths }: StoreTools,
  { target, held }: Turn,
  text: string | undefined,
): Promise<Replaced | undefined> {
  const file = text === undefined ? EMPTY : await readContexts(text);
  let aside: string | undefined;
  let isDone = false;
  try {
    const raw = readRegularFile(target);
    // Somebody may have mended it since it was found to be broken.
    if (!raw || (await unlessCorrupt(() => parse(target, raw)))) return undefined;
    const stillValid = () => held() && isUnchanged(target, raw);
    aside = setAside(target, raw);
    await keepLastWhole(paths);
    forgetKnown(paths);
    if (text !== undefined) isDone = replaceFile({ target, text, mode: FILE_MODE, owner: raw, stillValid });
    else if (stillValid()) {
      removeFile(target);
      isDone = true;
    }
  } catch (error) {
    throw storageError("write", paths.file, error);
  } finally {
    if (aside !== undefined && !isDone) discard(aside);
  }
  if (!isDone) return undefined;
  if (held()) quietly(() => writeKnown(paths, text));
  return { before: undefined, file, narrowed: undefined, undo: undefined, aside };
}

export async function unlessCorrupt<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CliError && error.code === "CORRUPT") return undefined;
    throw error;
  }
}
