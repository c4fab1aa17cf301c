import { basename, dirname } from "node:path";
import { CliError } from "../errors.ts";
import { type FileText, listDirectory, readRegularFile, storageError } from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { keepBackup } from "./backup.ts";
import { editContexts } from "./file/edit.ts";
import { type ContextsFile, readContexts } from "./file/read.ts";
import type { Paths } from "./home.ts";
import { readState, type State, writeState } from "./state.ts";
import { type Outcome, type Plan, readSnapshot, type Snapshot, type StoreOptions } from "./store.ts";
import { type Turn, withOwnLock, withTurn } from "./turn.ts";

/**
 * The shared file, changed so that nothing is lost: lock, read, change, temporary file, compare that the original is
 * still what was read (else start over), keep it as a backup, rename over the real path. The lock is among our own
 * processes; Python bentoml takes none, and the comparison is what guards its writes. After the rename the change is
 * made, and nothing that fails then makes it an error.
 */
const FILE_MODE = 0o600;
const MAX_ATTEMPTS = 50;

type Planner = (file: ContextsFile, state: State) => Plan;

export async function updateStore({ paths, signal }: StoreOptions, plan: Planner): Promise<Outcome> {
  // A plan that must fail does so here, before a directory or a lock of ours appears.
  plan((await readSnapshot(paths.file)).file, readState(paths.own));
  return withTurn(paths, signal(), (turn) => change(paths, turn, plan));
}

export async function updateState(
  { paths, signal }: StoreOptions,
  update: (state: State) => State,
  create: boolean,
): Promise<void> {
  try {
    if (!create && !listDirectory(paths.own).includes("state.json")) return;
    await withOwnLock(paths, signal(), () => writeState(paths.own, update(readState(paths.own))));
  } catch {
    // A memory that could not be refreshed is only older than it could be.
  }
}

async function change(paths: Paths, turn: Turn, plan: Planner): Promise<Outcome | "lost"> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const before = await readSnapshot(paths.file);
    const state = readState(paths.own);
    const planned = plan(before.file, state);
    const text =
      planned.changes.length === 0 ? before.text : await editContexts(before.text, planned.changes);
    const file = text === undefined ? before.file : await readContexts(text);
    const wide = wideMode(before);
    const isChange = text !== before.text || (wide !== undefined && planned.changes.length > 0);
    if (isChange && text !== undefined && !commit({ paths, turn, before, text })) {
      if (turn.held()) continue;
      return "lost";
    }
    if (planned.state && JSON.stringify(planned.state) !== JSON.stringify(state))
      saveState(paths.own, planned.state);
    return { file, narrowed: isChange ? wide : undefined };
  }
  throw new CliError("LOCKED", `${paths.file} keeps changing under another program`, { hint: "try again" });
}

/** The file's mode when others than its owner can do something with it. */
function wideMode({ raw }: Snapshot): number | undefined {
  return raw !== undefined && (raw.mode & ~FILE_MODE) !== 0 ? raw.mode : undefined;
}

interface Commit {
  paths: Paths;
  turn: Turn;
  before: Snapshot;
  text: string;
}

/** False, with everything as it was, when the turn was lost or the file changed meanwhile. */
function commit({ paths, turn, before, text }: Commit): boolean {
  const isValid = () => turn.held() && isUnchanged(turn.target, before.raw);
  try {
    // Only the holder's sweep takes nothing from a writer at work.
    if (!turn.held()) return false;
    sweepTemporaries(dirname(turn.target), (name) => name === basename(turn.target));
    return replaceFile({
      target: turn.target,
      text,
      mode: FILE_MODE,
      owner: before.raw,
      stillValid: () => {
        if (!isValid()) return false;
        if (before.text !== undefined) keepBackup(paths.own, before.text);
        return isValid();
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

function saveState(own: string, state: State): void {
  try {
    writeState(own, state);
  } catch {
    // A memory that could not be written is only older than it could be; what was asked for is done.
  }
}
