import { dirname, join } from "node:path";
import { CliError } from "../errors.ts";
import {
  ensureDirectory,
  type FileText,
  listDirectory,
  narrowMode,
  readRegularFile,
  realTarget,
  removeFile,
  requireWritable,
  storageError,
} from "../system/files.ts";
import { replaceFile, sweepDirectory, sweepTemporaries } from "../system/replace.ts";
import { acquireLock, type Lock } from "../system/lock.ts";
import { editContexts } from "./file/edit.ts";
import { type ContextsFile, readContexts } from "./file/read.ts";
import type { Paths } from "./home.ts";
import { readState, type State, writeState } from "./state.ts";
import { type Outcome, type Plan, readSnapshot, type Snapshot, type StoreOptions } from "./store.ts";

/**
 * The shared file, changed so that nothing is lost: lock, read, change, temporary file, compare that the original is
 * still what was read (else start over), keep it as a backup, rename over the real path. The lock is among our own
 * processes; Python bentoml takes none, and the comparison is what guards its writes.
 */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const BACKUPS_KEPT = 10;
const MAX_ATTEMPTS = 50;

type Planner = (file: ContextsFile, state: State) => Plan;

export async function updateStore(options: StoreOptions, plan: Planner): Promise<Outcome> {
  const { paths } = options;
  // A plan that must fail does so here, before a directory or a lock of ours appears.
  plan((await readSnapshot(paths.file)).file, readState(paths.own));
  return withLock(options, (lock) => change(paths, lock, plan));
}

export async function updateState(
  options: StoreOptions,
  update: (state: State) => State,
  create: boolean,
): Promise<void> {
  const { paths } = options;
  try {
    if (!create && !listDirectory(paths.own).includes("state.json")) return;
    await withLock({ ...options, lockWaitMs: 0 }, async () =>
      writeState(paths.own, update(readState(paths.own))),
    );
  } catch {
    // A memory that could not be refreshed is only older than it could be.
  }
}

export function requireWritableStore(paths: Paths): void {
  for (const directory of [paths.own, dirname(realTarget(paths.file))]) {
    try {
      requireWritable(directory);
    } catch (error) {
      throw storageError("write in", directory, error);
    }
  }
}

async function withLock<T>(options: StoreOptions, act: (lock: Lock) => Promise<T>): Promise<T> {
  const { paths, lockWaitMs, signal } = options;
  let lock: Lock;
  try {
    ensureDirectory(paths.own, DIRECTORY_MODE);
    narrowMode(paths.own, DIRECTORY_MODE);
    lock = await acquireLock(join(paths.own, "lock"), lockWaitMs, signal());
  } catch (error) {
    throw storageError("write in", paths.own, error);
  }
  try {
    return await act(lock);
  } finally {
    lock.release();
  }
}

async function change(paths: Paths, lock: Lock, plan: Planner): Promise<Outcome> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const before = await readSnapshot(paths.file);
    const state = readState(paths.own);
    const planned = plan(before.file, state);
    const text =
      planned.changes.length === 0 ? before.text : await editContexts(before.text, planned.changes);
    const wide = wideMode(before);
    const isChange = text !== before.text || (wide !== undefined && planned.changes.length > 0);
    if (isChange && text !== undefined && !commit({ paths, lock, before, text })) continue;
    if (planned.state && JSON.stringify(planned.state) !== JSON.stringify(state))
      saveState(paths, planned.state);
    const file = text === undefined ? before.file : await readContexts(text);
    return { file, narrowed: isChange ? wide : undefined };
  }
  throw new CliError("LOCKED", `${paths.file} keeps changing under another program`, { hint: "try again" });
}

/** The file's mode when others than its owner can do something with it. */
function wideMode({ raw }: Snapshot): number | undefined {
  return raw !== undefined && (raw.mode & ~FILE_MODE) !== 0 ? raw.mode : undefined;
}

function commit({
  paths,
  lock,
  before,
  text,
}: {
  paths: Paths;
  lock: Lock;
  before: Snapshot;
  text: string;
}): boolean {
  try {
    const target = realTarget(paths.file);
    sweepTemporaries(target);
    return replaceFile({
      target,
      text,
      mode: FILE_MODE,
      owner: before.raw,
      stillValid: () => {
        if (!lock.held() || !isUnchanged(paths.file, before.raw)) return false;
        keepBackup(paths, before);
        return lock.held() && isUnchanged(paths.file, before.raw);
      },
    });
  } catch (error) {
    throw storageError("write", paths.file, error);
  }
}

function isUnchanged(path: string, before: FileText | undefined): boolean {
  const now = readRegularFile(path);
  if (!now || !before) return now === before;
  return now.bytes.equals(before.bytes);
}

/** The version about to be replaced, under a name that sorts by time; the ring keeps the newest. */
function keepBackup(paths: Paths, before: Snapshot): void {
  if (before.text === undefined) return;
  const directory = join(paths.own, "backups");
  ensureDirectory(directory, DIRECTORY_MODE);
  const stamp = new Date().toISOString().replaceAll(":", "-");
  const target = join(directory, `${stamp}-${crypto.randomUUID().slice(0, 4)}.yaml`);
  replaceFile({ target, text: before.text, mode: FILE_MODE, stillValid: () => true });
  // The version is copied under a temporary name first, so that one cut short is never taken for a backup.
  sweepDirectory(directory);
  const names = listDirectory(directory).filter((name) => name.endsWith(".yaml"));
  for (const name of names.toSorted().slice(0, -BACKUPS_KEPT)) removeFile(join(directory, name));
}

function saveState(paths: Paths, state: State): void {
  try {
    writeState(paths.own, state);
  } catch (error) {
    throw storageError("write in", paths.own, error);
  }
}
