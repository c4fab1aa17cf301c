import { basename, dirname } from "node:path";
import { CliError } from "../errors.ts";
import { createFile } from "../system/create.ts";
import { discard, type FileText, listDirectory, readRegularFile } from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { editContexts } from "../yaml/edit.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { recordFound } from "./recovery.ts";
import { type Snapshot, WRITER_SETTLE_MS } from "./snapshot.ts";
import { readState, type State, writeState } from "./state.ts";
import { type StoreLock, withStoreLock } from "./store-lock.ts";
import type { Outcome, Plan, Replaced, StoreTools } from "./tools.ts";
import {
  addVersion,
  findBaseline,
  findLastValid,
  listVersions,
  loginsOf,
  overwriteVersion,
  settleVersion,
} from "./versions.ts";

/**
 * The shared file, changed so that nothing is lost: lock, read, keep what was found, change, write a temporary file,
 * compare that the original is still what was read (else start over), rename over the real path. The lock is among our
 * own processes; Python bentoml takes none, and the comparison is what guards its writes.
 */
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
    const { changes, result } = planned;
    const text = changes.length === 0 ? before.text : await editContexts(before.text, changes);
    const outcome = { result: result as T, file: before.file, narrowed: undefined, undo: undefined };
    const narrowed = changes.length === 0 ? undefined : wideMode(before.raw);
    if (text === undefined || (text === before.text && narrowed === undefined)) {
      remember(paths.own, state, planned.state);
      return outcome;
    }
    const written = await write(tools, lock, { before, text });
    if (!written) return undefined;
    remember(paths.own, state, planned.state);
    return { ...outcome, ...written, narrowed };
  });
}

/** Puts a text in the place of whatever stands there. A file that cannot be read is put aside. */
export async function replaceStore(tools: StoreTools, text: string): Promise<Replaced> {
  const { paths, signal } = tools;
  return withStoreLock(paths, { signal: signal() }, async (lock) => {
    const before = await unlessCorrupt(() => readFound(tools, lock));
    if (before === "corrupt") return replaceCorrupt(tools, lock, text);
    if (!before) return undefined;
    if (text === before.text) return unchanged(before.file);
    const written = await write(tools, lock, { before, text });
    return written && { ...unchanged(before.file), ...written, narrowed: wideMode(before.raw) };
  });
}

/** Puts the last valid version, or else an empty list, in the place of a file that cannot be read. */
export async function repairStore(tools: StoreTools): Promise<Replaced> {
  const { paths, signal } = tools;
  return withStoreLock(paths, { signal: signal() }, async (lock) => {
    const before = await unlessCorrupt(() => readFound(tools, lock));
    if (before === "corrupt") {
      const last = await findLastValid(paths.own);
      return replaceCorrupt(tools, lock, last?.text ?? (await editContexts(undefined, [])));
    }
    return before && unchanged(before.file);
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

/** What killed writers left. Only the holder of the lock takes nothing from a writer at work. */
function sweepLeftovers({ target, held }: StoreLock, own: string): void {
  if (!held()) return;
  sweepTemporaries(dirname(target), (name) => name === basename(target));
  sweepTemporaries(own, () => true);
}

interface Write {
  before: Snapshot;
  text: string;
}

type Written = Pick<Outcome<unknown>, "file" | "undo">;

/** Undefined, with everything as it was, when the lock was lost or the file changed. */
async function write(
  { paths: { own } }: StoreTools,
  lock: StoreLock,
  { before: { raw, file: found }, text }: Write,
): Promise<Written | undefined> {
  const file = await readContexts(text);
  const baseline = findBaseline(listVersions(own));
  const isSwitch = baseline !== undefined && loginsOf(file.contexts) === loginsOf(found.contexts);
  const pending = isSwitch ? undefined : addVersion(own, "pending", { text, isDurable: false });
  const isDone = replaceTarget(lock, { raw, text });
  if (!isDone && pending) discard(pending.path);
  if (!isDone) return undefined;
  if (pending) settleVersion(pending);
  else if (baseline) quietly(() => overwriteVersion(baseline, text));
  return { file, undo: isSwitch ? undefined : baseline?.id };
}

function replaceTarget(
  { target, held }: StoreLock,
  { raw, text }: { raw: FileText | undefined; text: string },
) {
  const stillValid = () => held() && isUnchanged(target, raw);
  return replaceFile({ target, text, mode: FILE_MODE, owner: raw, stillValid });
}

async function replaceCorrupt(
  { paths: { own } }: StoreTools,
  lock: StoreLock,
  text: string,
): Promise<Replaced | undefined> {
  const raw = readRegularFile(lock.target);
  if (!raw) return undefined;
  const aside = quarantine(lock.target, raw);
  const pending = addVersion(own, "pending", { text, isDurable: false });
  const isDone = replaceTarget(lock, { raw, text });
  if (isDone) settleVersion(pending);
  else for (const path of [aside, pending.path]) discard(path);
  return isDone ? { ...unchanged(await readContexts(text)), before: undefined, aside } : undefined;
}

/** Copies a file that cannot be read beside itself, so that another can take its place. */
function quarantine(target: string, raw: FileText): string {
  const path = `${target}.broken-${new Date().toISOString().replaceAll(":", "-")}`;
  createFile(path, raw.bytes, { mode: FILE_MODE, owner: raw, durable: true });
  return path;
}

function unchanged(file: ContextsFile): Replaced {
  return { before: file, file, narrowed: undefined, undo: undefined, aside: undefined, result: undefined };
}

function isUnchanged(path: string, before: FileText | undefined): boolean {
  const now = readRegularFile(path);
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
