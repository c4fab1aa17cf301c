import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../errors.ts";
import {
  ensureDirectory,
  type FileText,
  listDirectory,
  narrowMode,
  readRegularFile,
  realTarget,
  removeFile,
  replaceFile,
  requireWritable,
  storageError,
  sweepTemporaries,
  writeDurably,
} from "../system/files.ts";
import { acquireLock, type Lock } from "../system/lock.ts";
import type { Change } from "./file/edit.ts";
import { type ContextsFile, readContexts } from "./file/read.ts";
import type { Paths } from "./home.ts";
import { readState, type State, writeState } from "./state.ts";

/**
 * The shared file, changed so that nothing is lost: lock, read, change, temporary file, compare that the original is
 * still what was read, keep it as a backup, rename over the real path. Python bentoml neither locks nor writes in one
 * step, so an empty or half-written file may be a write of its in progress and is read again before it is believed.
 */
export interface Store {
  paths: Paths;
  /** Never writes and never creates; no file is the same as no contexts. */
  read(): Promise<ContextsFile>;
  state(): State;
  /**
   * `plan` sees what stands in the file and says what to change; when it throws, nothing was written. It has no effects
   * of its own, because it runs more than once.
   */
  update(plan: (file: ContextsFile, state: State) => Plan): Promise<Outcome>;
  /** Changes only our own memory; does nothing when we keep none here yet, or cannot. */
  updateState(change: (state: State) => State): Promise<void>;
  /** Fails when a later {@link Store.update} could not write, before anything hard to repeat is begun. */
  prepare(): void;
}

export interface Plan {
  changes: Change[];
  state?: State;
}

export interface Outcome {
  file: ContextsFile;
  /** The mode the file had, when it was wider than ours and was narrowed by this write. */
  narrowed: number | undefined;
}

interface StoreOptions {
  paths: Paths;
  lockWaitMs: number;
  signal: AbortSignal;
}

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const BACKUPS_KEPT = 10;
const MAX_ATTEMPTS = 50;
const PEER_WRITE_MS = 10;
const PEER_RETRIES = 6;
const EMPTY: ContextsFile = { contexts: [], current: { name: "default", line: null }, problems: [] };

export function createStore(options: StoreOptions): Store {
  const { paths } = options;
  return {
    paths,
    read: async () => (await readStable(paths.file)).file,
    state: () => readState(paths.own),
    update: async (plan) => {
      // A plan that must fail does so here, before a directory or a lock of ours appears.
      plan((await readStable(paths.file)).file, readState(paths.own));
      return withLock(options, (lock) => change(paths, lock, plan));
    },
    updateState: (update) => changeState(options, update),
    prepare: () => prepare(paths),
  };
}

interface Snapshot {
  raw: FileText | undefined;
  text: string | undefined;
  file: ContextsFile;
}

async function readStable(path: string): Promise<Snapshot> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await readOnce(path);
    } catch (error) {
      const maybeBusy = error instanceof CliError && error.code === "CORRUPT";
      if (!maybeBusy || attempt >= PEER_RETRIES) throw error;
      await sleep(PEER_WRITE_MS);
    }
  }
}

async function readOnce(path: string): Promise<Snapshot> {
  const raw = readRaw(path);
  if (!raw) return { raw, text: undefined, file: EMPTY };
  try {
    const text = decode(raw.bytes);
    return { raw, text, file: await readContexts(text) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.code, `${path} cannot be read: ${error.message}`, {
      hint: `correct the file, or copy an earlier version over it from ${backupsHint(path)}`,
      cause: error,
    });
  }
}

function readRaw(path: string): FileText | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    throw storageError("read", path, error);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const before = bytes.toString("utf8").split("\ufffd")[0] ?? "";
    const lines = before.split("\n");
    const column = (lines.at(-1)?.length ?? 0) + 1;
    throw new CliError("CORRUPT", `it is not UTF-8 text at line ${lines.length}, column ${column}`);
  }
}

function backupsHint(path: string): string {
  return join(path, "..", ".bentocloud", "backups");
}

function prepare(paths: Paths): void {
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
  const lockPath = join(paths.own, "lock");
  let lock: Lock;
  try {
    ensureDirectory(paths.own, DIRECTORY_MODE);
    narrowMode(paths.own, DIRECTORY_MODE);
    lock = await acquireLock(lockPath, lockWaitMs, signal);
  } catch (error) {
    throw storageError("write in", paths.own, error);
  }
  try {
    return await act(lock);
  } finally {
    lock.release();
  }
}

async function change(
  paths: Paths,
  lock: Lock,
  plan: (file: ContextsFile, state: State) => Plan,
): Promise<Outcome> {
  const { editContexts } = await import("./file/edit.ts");
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const before = await readStable(paths.file);
    const state = readState(paths.own);
    const planned = plan(before.file, state);
    const text = planned.changes.length === 0 ? before.text : await editContexts(before.text, planned.changes);
    if (text !== before.text && text !== undefined && !commit({ paths, lock, before, text })) continue;
    if (planned.state && JSON.stringify(planned.state) !== JSON.stringify(state)) saveState(paths, planned.state);
    const mode = before.raw?.mode;
    const narrowed = mode !== undefined && text !== before.text && (mode & ~FILE_MODE) !== 0 ? mode : undefined;
    return { file: text === undefined ? before.file : await readContexts(text), narrowed };
  }
  throw new CliError("LOCKED", `${paths.file} keeps changing under another program`, { hint: "try again" });
}

function commit({ paths, lock, before, text }: { paths: Paths; lock: Lock; before: Snapshot; text: string }): boolean {
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
  writeDurably(join(directory, `${stamp}-${crypto.randomUUID().slice(0, 4)}.yaml`), before.text, FILE_MODE);
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

async function changeState(options: StoreOptions, update: (state: State) => State): Promise<void> {
  const { paths } = options;
  if (!listDirectory(paths.own).includes("state.json")) return;
  try {
    await withLock({ ...options, lockWaitMs: 0 }, async () => writeState(paths.own, update(readState(paths.own))));
  } catch {
    // A memory that could not be refreshed is only older than it could be.
  }
}
