import { CliError } from "../errors.ts";
import { type FileText, readRegularFile, storageError } from "../system/files.ts";
import { replaceFile } from "../system/replace.ts";
import { type Context, firstOfEachName, loginOf } from "../contexts/context.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { forgetKnown, readKnown, writeKnown } from "./known.ts";
import { settleLate, toContext } from "./recovery.ts";
import { noteReplaced } from "./replaced.ts";
import { keep } from "./versions.ts";
import { listLost } from "./list-versions.ts";
import type { Snapshot } from "./snapshot.ts";
import { fingerprintOf, readState, type State, writeState } from "./state.ts";
import type { StoreTools } from "./store.ts";
import { type Turn, withTurn } from "./store-lock.ts";

/**
 * The last step of a change: compare that the file is still what was read, keep that as a version, rename over the real
 * path, and note what stands there now. After the rename the change is made, and nothing that fails then makes it an
 * error.
 */
export interface Commit {
  tools: StoreTools;
  turn: Turn;
  before: Snapshot;
  text: string;
  /** What the text says. */
  file: ContextsFile;
  /** Our own memory after the change, made from what it is by then. */
  remember?: (state: State) => State | undefined;
}

export interface Committed {
  /** The version that was kept. */
  version?: string;
  /** What is left to do, once the locks are released, when the turn was taken away too late to stop. */
  late?: () => Promise<void>;
}

export const FILE_MODE = 0o600;

/** Undefined, with everything as it was, when the turn was lost or the file changed meanwhile. */
export function commit(change: Commit): Committed | undefined {
  const { tools, turn, before, text, file } = change;
  const { paths } = tools;
  const isValid = () => turn.held() && isUnchanged(turn.target, before.raw);
  const gone = takenOut(before.file, file);
  let version: string | undefined;
  let forgotten: string | undefined;
  let isDone = false;
  try {
    isDone = replaceFile({
      target: turn.target,
      text,
      mode: FILE_MODE,
      owner: before.raw,
      stillValid: () => {
        if (!isValid()) return false;
        if (before.text !== undefined) version = keep(paths.own, "version", before.text);
        if (gone.length === 0) return isValid();
        if (!isValid()) return false;
        forgotten = readKnown(paths);
        forgetKnown(paths);
        return isValid();
      },
    });
  } catch (error) {
    // Who took the turn away has swept our temporary file.
    if (turn.held()) throw storageError("write", paths.file, error);
  } finally {
    if (!isDone && forgotten !== undefined && turn.held()) quietly(() => writeKnown(paths, forgotten));
  }
  if (!isDone) return undefined;
  const kept = version === undefined ? {} : { version };
  if (!turn.held()) return { ...kept, late: () => settle(change, gone) };
  note(change, gone);
  quietly(() => writeKnown(paths, text));
  return kept;
}

/** What there is to know of a change beside the file itself. */
function note({ tools, before, file, remember }: Commit, gone: readonly Context[]): void {
  const { own } = tools.paths;
  const made = takenOut(file, before.file);
  quietly(() =>
    noteReplaced(own, {
      replaced: [...fingerprintsOfEnded(gone, file), ...fingerprintsOfLost(own, made)],
      made: made.map(fingerprintOf),
    }),
  );
  quietly(() => rememberState(own, remember));
}

export function rememberState(own: string, remember: Commit["remember"]): void {
  const state = readState(own);
  const after = remember?.(state);
  if (after && JSON.stringify(after) !== JSON.stringify(state)) writeState(own, after);
}

/**
 * Whoever took the turn away between our last look and the rename knows nothing of this change, and we may have undone
 * one of theirs. So with a turn of our own again: both are in the file, or are kept and said.
 */
async function settle(change: Commit, gone: readonly Context[]): Promise<void> {
  const { tools, before, file } = change;
  const made = takenOut(file, before.file);
  try {
    await withTurn(tools.paths, { signal: tools.signal() }, async () => {
      note(change, gone);
      await settleLate(tools, { ...file, contexts: made });
    });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    // The change is made all the same.
  }
}

export function isUnchanged(path: string, before: FileText | undefined): boolean {
  const now = readRegularFile(path);
  if (!now || !before) return now === before;
  return now.bytes.equals(before.bytes);
}

/** The contexts of before that are no longer there, or stand for another login now. */
function takenOut(before: ContextsFile, after: ContextsFile): Context[] {
  const now = firstOfEachName(after.contexts);
  return before.contexts.filter((context) => {
    const same = now.get(context.name);
    return !same || loginOf(same) !== loginOf(context);
  });
}

/** One that has another name now is still a login. */
function fingerprintsOfEnded(gone: readonly Context[], after: ContextsFile): string[] {
  const logins = new Set(after.contexts.map(loginOf));
  return gone.filter((context) => !logins.has(loginOf(context))).map(fingerprintOf);
}

/** A login that was made while another program had taken the one before it away takes its place, too. */
function fingerprintsOfLost(own: string, made: readonly Context[]): string[] {
  if (made.length === 0) return [];
  const logins = new Map(made.map((context) => [context.name, fingerprintOf(context)]));
  return listLost(own).flatMap((lost) => {
    const now = logins.get(lost.name);
    const then = fingerprintOf(toContext(lost));
    return now === undefined || now === then ? [] : [then];
  });
}

/** A memory that could not be written is only older than it could be; what was asked for is done. */
export function quietly(remember: () => void): void {
  try {
    remember();
  } catch {
    // See above.
  }
}
