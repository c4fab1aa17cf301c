/**
 * The shared file, changed so that nothing is lost: lock, read, keep what was found, change, write a temporary file,
 * compare that the original is still what was read (else start over), rename over the real path. The lock is among our
 * own processes; Python bentoml takes none, and the comparison is what guards its writes.
 */

import { basename, dirname } from "node:path";
import { discard, listDirectory } from "../system/files.ts";
import { type FileText } from "../system/read-file.ts";
import { hasEnded } from "../system/processes.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { type Edited, editContexts } from "../yaml/edit.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { compare } from "./compare.ts";
import { recordFound } from "./notice-loss.ts";
import { quarantinePath } from "./quarantine.ts";
import { EMPTY, readFileText, type Snapshot, whenCorrupt, WRITER_SETTLE_MS } from "./snapshot.ts";
import {
  isSameState,
  NOTHING_KNOWN,
  readState,
  settleNames,
  type State,
  withoutReplaced,
  writeState,
} from "./state.ts";
import { type StoreLock, withStoreLock } from "./store-lock.ts";
import type { Outcome, Plan, Replaced, StoreTools } from "./tools.ts";
import {
  addVersion,
  findBaseline,
  findLastValid,
  listVersions,
  overwriteVersion,
  readVersion,
  settleVersion,
  versionKey,
  versionsFolder,
} from "./versions.ts";

const FILE_MODE = 0o600;

export async function updateStore<T>(
  tools: StoreTools,
  plan: (file: ContextsFile, state: State) => Plan<T>,
): Promise<Outcome<T>> {
  const { paths, signal } = tools;
  const prepare = async (found: Snapshot, state: State) => {
    const { changes, state: after = state, result } = plan(found.file, state);
    const edited = changes.length === 0 ? undefined : await editContexts(found.text, changes);
    return { found, state, after, result: result as T, edited };
  };
  // Before the lock, so that no other process waits meanwhile, and before a directory of ours appears for what must fail.
  const seen = await tools.snapshot();
  const early = seen.isUnfinished ? undefined : await prepare(seen, readState(paths.own));
  return withStoreLock(paths, { signal: signal() }, async (lock) => {
    const before = await readFound(tools, lock);
    if (!before) return undefined;
    const state = readState(paths.own);
    const isStill = early && early.found.text === before.text && isSameState(early.state, state);
    const { after, result, edited } = isStill ? early : await prepare(before, state);
    if (!edited || (edited.text === before.text && wideMode(before.raw) === undefined)) {
      quietly(() => saveState(paths.own, state, after));
      return { ...unchanged(before.file), result };
    }
    const outcome = write(paths.own, lock, { raw: before.raw, found: before.file, edited, state, after });
    return outcome && { ...outcome, result };
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
    const corrupt = { raw: readFileText(lock.target), file: undefined, text: undefined };
    const before = await readFound(tools, lock).catch(whenCorrupt(corrupt));
    if (!before || (!before.raw && !before.file)) return undefined;
    const { raw, file: found } = before;
    if (found && (text === undefined || text === before.text)) return unchanged(found);
    // With a given text, an identity is forgotten where its name gets another login. A repair forgets none: with
    // nothing known before and after, `state.json` is not written.
    const state = text === undefined ? NOTHING_KNOWN : readState(paths.own);
    const last = text === undefined ? await findLastValid(paths.own) : undefined;
    const good = text ?? (last && readVersion(last));
    const edited =
      good === undefined ? await editContexts(undefined, []) : { text: good, file: await readContexts(good) };
    const { added, changed, removed } = compare(found ?? EMPTY, edited.file);
    const after = settleNames(state, [...added, ...changed, ...removed], edited.file.contexts);
    return write(paths.own, lock, { raw, found, edited, state, after });
  });
}

/** Changes our own memory alone, as far as that can be done without waiting. */
export async function updateState(
  { paths, signal, snapshot }: StoreTools,
  plan: (state: State, file: ContextsFile) => State,
  { create }: { create: boolean },
): Promise<void> {
  try {
    if (!create && !listDirectory(paths.own).includes("state.json")) return;
    await withStoreLock(paths, { signal: signal(), waitMs: 0 }, async () => {
      const { file } = await snapshot();
      writeState(paths.own, plan(readState(paths.own), file));
      return true;
    });
  } catch {
    // A memory that could not be refreshed is only older than it could be.
  }
}

/** Undefined while Python bentoml is in the middle of a write, and the wait for its end took too long. */
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
  const [file, aside] = [basename(target), basename(quarantinePath(target, ""))];
  sweepTemporaries(dirname(target), (name) => name === file || name.startsWith(aside));
  sweepTemporaries(versionsFolder(own), () => true);
  // The journals of rotations and of other stores have locks of their own.
  sweepTemporaries(own, (_, pid) => hasEnded(pid));
}

interface Write {
  raw: FileText | undefined;
  /** Undefined when `raw` cannot be read. */
  found: ContextsFile | undefined;
  edited: Edited;
  state: State;
  /** What our memory says then. */
  after: State;
}

/**
 * Undefined, with everything as it was, when the lock was lost or the file changed. An identity is forgotten before its
 * login is replaced, so that a process that is killed in between leaves none that another login could inherit.
 */
function write(
  own: string,
  lock: StoreLock,
  { raw, found, edited: { text, file }, state, after }: Write,
): Replaced | undefined {
  const between = withoutReplaced(state, after);
  const baseline = findBaseline(listVersions(own));
  const keepsLogins = baseline && found && versionKey(file.contexts) === versionKey(found.contexts);
  const pending = keepsLogins ? undefined : addVersion(own, "pending", text);
  const aside = found
    ? undefined
    : quarantinePath(lock.target, new Date().toISOString().replaceAll(":", "-"));
  let isDone = false;
  try {
    saveState(own, state, between);
    isDone = replaceTarget(lock, { raw, text, aside });
  } finally {
    if (!isDone) {
      for (const path of [pending?.path, aside]) if (path !== undefined) discard(path);
      quietly(() => saveState(own, between, state));
    }
  }
  if (!isDone) return undefined;
  quietly(() => (pending ? settleVersion(own, pending) : baseline && overwriteVersion(baseline, text)));
  quietly(() => saveState(own, between, after));
  const undo = found && !keepsLogins ? baseline?.id : undefined;
  return { result: undefined, before: found, file, narrowed: wideMode(raw), undo, aside };
}

function replaceTarget(
  { target, held }: StoreLock,
  { raw, text, aside }: { raw: FileText | undefined; text: string; aside: string | undefined },
): boolean {
  const options = { mode: FILE_MODE, owner: raw };
  // A file that cannot be read is copied, not moved, so that the path always has a file.
  if (raw && aside !== undefined) replaceFile({ ...options, target: aside, text: raw.bytes });
  return replaceFile({ ...options, target, text, stillValid: () => held() && isUnchanged(target, raw) });
}

function unchanged(file: ContextsFile): Replaced {
  return { before: file, file, narrowed: undefined, undo: undefined, aside: undefined, result: undefined };
}

function isUnchanged(path: string, before: FileText | undefined): boolean {
  const now = readFileText(path);
  return now && before ? now.bytes.equals(before.bytes) : now === before;
}

/** The file's mode when others than its owner can do something with it. */
function wideMode(raw: FileText | undefined): number | undefined {
  return raw !== undefined && (raw.mode & ~FILE_MODE) !== 0 ? raw.mode : undefined;
}

function saveState(own: string, before: State, after: State): void {
  if (!isSameState(before, after)) writeState(own, after);
}

/** After the rename the change is made, and nothing that fails then makes it an error. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Our own memory is only older than it could be.
  }
}
