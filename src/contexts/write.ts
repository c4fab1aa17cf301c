import { basename, dirname } from "node:path";
import { CliError } from "../errors.ts";
import {
  discard,
  type FileText,
  listDirectory,
  readRegularFile,
  removeFile,
  storageError,
} from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { type Context, firstOfEachName, loginOf } from "./context.ts";
import { editContexts } from "./file/edit.ts";
import { type ContextsFile, readContexts } from "./file/read.ts";
import { setAside } from "./history/aside.ts";
import { isAsKnown } from "./history/glance.ts";
import { forgetKnown, readKnown, writeKnown } from "./history/known.ts";
import { settleLoss } from "./history/loss.ts";
import { addReplaced } from "./history/replaced.ts";
import { keep, readKept } from "./history/ring.ts";
import { adviseRestore, keepLastWhole, lastWhole } from "./history/whole.ts";
import type { Paths } from "./home.ts";
import { EMPTY, parse, type Snapshot } from "./snapshot.ts";
import { fingerprintOf, readState, type State, writeState } from "./state.ts";
import type { Outcome, Plan, Replaced, StoreTools } from "./store.ts";
import { type Turn, withOwnLock, withTurn } from "./turn.ts";

/**
 * The shared file, changed so that nothing is lost: lock, read, change, temporary file, compare that the original is
 * still what was read (else start over), keep it as a version, rename over the real path. The lock is among our own
 * processes; Python bentoml takes none, and the comparison is what guards its writes. After the rename the change is
 * made, and nothing that fails then makes it an error.
 */
const FILE_MODE = 0o600;
const MAX_ATTEMPTS = 50;

type Planner = (file: ContextsFile, state: State) => Plan;

export async function updateStore(tools: StoreTools, plan: Planner): Promise<Outcome> {
  const { paths, signal, snapshot } = tools;
  const { file } = await snapshot().catch(async (error: unknown) => {
    throw await adviseRestore(tools, error);
  });
  // A plan that must fail does so here, before a directory or a lock of ours appears.
  plan(file, readState(paths.own));
  return withTurn(paths, { signal: signal() }, (turn) =>
    untilUnchanged(turn, paths, () => change(tools, turn, plan)),
  );
}

export async function replaceStore(tools: StoreTools, text: string): Promise<Replaced> {
  const { paths, signal } = tools;
  return withTurn(paths, { signal: signal() }, (turn) =>
    untilUnchanged(turn, paths, () => replace(tools, turn, text)),
  );
}

export async function mendStore(tools: StoreTools): Promise<Replaced> {
  const { paths, signal } = tools;
  return withTurn(paths, { signal: signal() }, (turn) =>
    untilUnchanged(turn, paths, () => mend(tools, turn)),
  );
}

export async function updateState(
  { paths, signal }: StoreTools,
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

/** Starts over when the file changed meanwhile, which an attempt tells by answering undefined. */
async function untilUnchanged<T>(
  turn: Turn,
  paths: Paths,
  attempt: () => Promise<T | undefined>,
): Promise<T | "lost"> {
  sweepLeftovers(turn, paths);
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const done = await attempt();
    if (done !== undefined) return done;
    if (!turn.held()) return "lost";
  }
  throw new CliError("LOCKED", `${paths.file} keeps changing under another program`, { hint: "try again" });
}

/** What writers killed in the middle left. Only the holder's sweep takes nothing from a writer at work. */
function sweepLeftovers({ target, held }: Turn, { own }: Paths): void {
  if (!held()) return;
  sweepTemporaries(dirname(target), (name) => name === basename(target));
  sweepTemporaries(own, () => true);
}

async function change(tools: StoreTools, turn: Turn, plan: Planner): Promise<Outcome | undefined> {
  const { own } = tools.paths;
  const before = await readBefore(tools);
  const state = readState(own);
  const planned = plan(before.file, state);
  const text = planned.changes.length === 0 ? before.text : await editContexts(before.text, planned.changes);
  const file = text === undefined || text === before.text ? before.file : await readContexts(text);
  const wide = wideMode(before.raw);
  const isChange = text !== before.text || (wide !== undefined && planned.changes.length > 0);
  const written = isChange && text !== undefined ? commit({ tools, turn, before, text, file }) : {};
  if (!written) return undefined;
  if (planned.state && JSON.stringify(planned.state) !== JSON.stringify(state))
    quietly(() => writeState(own, planned.state ?? state));
  return { file, narrowed: isChange ? wide : undefined, undo: written.version };
}

async function replace(tools: StoreTools, turn: Turn, text: string): Promise<Replaced | undefined> {
  const before = await unlessCorrupt(() => readBefore(tools));
  if (!before) return replaceCorrupt(tools, turn, text);
  if (text === before.text) return untouched(before);
  const file = await readContexts(text);
  const written = commit({ tools, turn, before, text, file });
  if (!written) return undefined;
  return { ...untouched(before), file, narrowed: wideMode(before.raw), undo: written.version };
}

/** The version is chosen here, because another process may have known a newer one just now. */
async function mend(tools: StoreTools, turn: Turn): Promise<Replaced | undefined> {
  const before = await unlessCorrupt(() => readBefore(tools));
  if (before) return untouched(before);
  const { paths } = tools;
  await keepLastWhole(paths);
  const last = await lastWhole(paths.own);
  return replaceCorrupt(tools, turn, last && readKept(last));
}

function untouched({ file }: Snapshot): Replaced {
  return { before: file, file, narrowed: undefined, undo: undefined, aside: undefined };
}

async function replaceCorrupt(
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

/** What stands in the file, once what another program took out of it is kept: a write forgets what was known. */
async function readBefore(tools: StoreTools): Promise<Snapshot> {
  const { paths, snapshot } = tools;
  const before = await snapshot();
  if (isAsKnown(paths, before.raw)) return before;
  try {
    await settleLoss(tools, before);
    return before;
  } catch (error) {
    throw storageError("write in", paths.own, error);
  }
}

/** The file's mode when others than its owner can do something with it. */
function wideMode(raw: FileText | undefined): number | undefined {
  return raw !== undefined && (raw.mode & ~FILE_MODE) !== 0 ? raw.mode : undefined;
}

interface Commit {
  tools: StoreTools;
  turn: Turn;
  before: Snapshot;
  text: string;
  /** What the text says. */
  file: ContextsFile;
}

/** Undefined, with everything as it was, when the turn was lost or the file changed meanwhile. */
function commit({ tools, turn, before, text, file }: Commit): { version?: string } | undefined {
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
  // Who has it now knows more.
  if (turn.held()) {
    quietly(() => addReplaced(paths.own, fingerprintsOfEnded(gone, file)));
    quietly(() => writeKnown(paths, text));
  }
  return version === undefined ? {} : { version };
}

function isUnchanged(path: string, before: FileText | undefined): boolean {
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

async function unlessCorrupt<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CliError && error.code === "CORRUPT") return undefined;
    throw error;
  }
}

/** A memory that could not be written is only older than it could be; what was asked for is done. */
function quietly(remember: () => void): void {
  try {
    remember();
  } catch {
    // See above.
  }
}
