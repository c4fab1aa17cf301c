/**
 * The shared file, changed so that nothing is lost: lock, read, keep what was found, change, write a temporary file,
 * compare that the original is still what was read (else start over), rename over the real path. The lock is among our
 * own processes; Python bentoml takes none, and the comparison is what guards its writes.
 */

import { basename, dirname } from "node:path";
import { CliError } from "../errors.ts";
import { discard, listDirectory } from "../system/files.ts";
import { type FileText } from "../system/read-file.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { editContexts } from "../yaml/edit.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { recordFound } from "./notice-loss.ts";
import { readFileText, type Snapshot, WRITER_SETTLE_MS } from "./snapshot.ts";
import { readState, type State, writeState } from "./state.ts";
import { type StoreLock, withStoreLock } from "./store-lock.ts";
import type { Outcome, Plan, Replaced, StoreTools } from "./tools.ts";
import {
  addVersion,
  findBaseline,
  findLastValid,
  listVersions,
  versionKey,
  overwriteVersion,
  settleVersion,
  versionsFolder,
} from "./versions.ts";

const FILE_MODE = 0o600;

export async function updateStore<T>(
  tools: StoreTools,
  plan: (file: ContextsFile, state: State) => Plan<T>,
): Promise<Outcome<T>> {
  const { paths, signal } = tools;
  // A plan that must fail does so here, before a directory or a lock of ours appears.
  plan((await tools.snapshot()).file, readState(paths.own));
  return withStoreLock(paths, { signal: signal() }, async (lock) => {
    const before = await readFound(tools, lock);
    if (!before) return undefined;
    const state = readState(paths.own);
    const planned = plan(before.file, state);
    const { changes } = planned;
    const text = changes.length === 0 ? before.text : await editContexts(before.text, changes);
    const isWide = changes.length > 0 && wideMode(before.raw) !== undefined;
    const outcome =
      text === undefined || (text === before.text && !isWide)
        ? unchanged(before.file)
        : await write(paths.own, lock, { raw: before.raw, found: before.file, text });
    if (outcome) remember(paths.own, state, planned.state);
    return outcome && { ...outcome, result: planned.result as T };
  });
}

/**
 * Puts a text in the place of whatever stands there. A file that cannot be read is put aside. Without a text, only such a
 * file is replaced: by the last valid version, or else by an empty list.
 */
export async function replaceStore(tools: StoreTools, text: string | undefined): Promise<Replaced> {
  const { paths, signal } = tools;
  return withStoreLock(paths, { signal: signal() }, async (lock) => {
    // Read before it is judged, so that a file which another program repairs in between is not replaced.
    const corrupt = readFileText(lock.target);
    const before = await unlessCorrupt(() => readFound(tools, lock));
    if (before === "corrupt") {
      const good = text ?? (await findLastValid(paths.own))?.text ?? (await editContexts(undefined, []));
      return corrupt && write(paths.own, lock, { raw: corrupt, found: undefined, text: good });
    }
    if (!before || text === undefined || text === before.text) return before && unchanged(before.file);
    return write(paths.own, lock, { raw: before.raw, found: before.file, text });
  });
}

/** Changes our own memory alone, as far as that can be done without waiting. */
export async function updateState(
  { paths, signal }: StoreTools,
  update: (state: State) => State,
  { create }: { create: boolean },
): Promise<void> {
  try {
    if (!create && !listDirectory(paths.own).includes("state.json")) return;
    await withStoreLock(paths, { signal: signal(), waitMs: 0 }, async () => {
      writeState(paths.own, update(readState(paths.own)));
      return true;
    });
  } catch {
    // A memory that could not be refreshed is only older than it could be.
  }
}

/** Undefined when Python bentoml is in the middle of a write that takes too long to wait for. */
async function readFound(tools: StoreTools, lock: StoreLock): Promise<Snapshot | undefined> {
  sweepLeftovers(lock, tools.paths.own);
  const before = await tools.snapshot(WRITER_SETTLE_MS);
  if (before.isUnfinished) return undefined;
  await recordFound(tools, before);
  return before;
}

/** Removes what killed writers left. Only with the lock: the temporary files of a running writer look like leftovers. */
function sweepLeftovers({ target, held }: StoreLock, own: string): void {
  if (!held()) return;
  const [file, aside] = [basename(target), basename(asidePath(target, ""))];
  sweepTemporaries(dirname(target), (name) => name === file || name.startsWith(aside));
  for (const folder of [own, versionsFolder(own)]) sweepTemporaries(folder, () => true);
}

interface Write {
  raw: FileText | undefined;
  /** Undefined when `raw` cannot be read. */
  found: ContextsFile | undefined;
  text: string;
}

/** Undefined, with everything as it was, when the lock was lost or the file changed. */
async function write(
  own: string,
  lock: StoreLock,
  { raw, found, text }: Write,
): Promise<Replaced | undefined> {
  const file = await readContexts(text);
  const baseline = findBaseline(listVersions(own));
  const keepsLogins = baseline && found && versionKey(file.contexts) === versionKey(found.contexts);
  const pending = keepsLogins ? undefined : addVersion(own, "pending", { text, isDurable: false });
  const aside = found ? undefined : asidePath(lock.target, new Date().toISOString().replaceAll(":", "-"));
  let isDone = false;
  try {
    isDone = replaceTarget(lock, { raw, text, aside });
  } finally {
    if (!isDone) for (const path of [pending?.path, aside]) if (path !== undefined) discard(path);
  }
  if (!isDone) return undefined;
  quietly(() => (pending ? settleVersion(own, pending) : baseline && overwriteVersion(baseline, text)));
  const undo = found && !keepsLogins ? baseline?.id : undefined;
  return { result: undefined, before: found, file, narrowed: wideMode(raw), undo, aside };
}

function replaceTarget(
  { target, held }: StoreLock,
  { raw, text, aside }: { raw: FileText | undefined; text: string; aside: string | undefined },
): boolean {
  const options = { mode: FILE_MODE, owner: raw };
  // A file that cannot be read is copied, not moved, so that one stands there at any time.
  if (raw && aside !== undefined)
    replaceFile({ ...options, target: aside, text: raw.bytes, stillValid: () => true });
  return replaceFile({ ...options, target, text, stillValid: () => held() && isUnchanged(target, raw) });
}

/** Where a file that cannot be read is kept, so that another can take its place. */
function asidePath(target: string, time: string): string {
  return `${target}.broken-${time}`;
}

function unchanged(file: ContextsFile): Replaced {
  return { before: file, file, narrowed: undefined, undo: undefined, aside: undefined, result: undefined };
}

function isUnchanged(path: string, before: FileText | undefined): boolean {
  const now = readFileText(path);
  if (!now || !before) return now === before;
  return now.bytes.equals(before.bytes);
}

/** The file's mode when others than its owner can do something with it. */
function wideMode(raw: FileText | undefined): number | undefined {
  return raw !== undefined && (raw.mode & ~FILE_MODE) !== 0 ? raw.mode : undefined;
}

async function unlessCorrupt<T>(read: () => Promise<T>): Promise<T | "corrupt"> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CliError && error.code === "CORRUPT") return "corrupt";
    throw error;
  }
}

function remember(own: string, before: State, after: State | undefined): void {
  if (after && JSON.stringify(after) !== JSON.stringify(before)) quietly(() => writeState(own, after));
}

/** After the rename the change is made, and nothing that fails then makes it an error. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Our own memory is only older than it could be.
  }
}
