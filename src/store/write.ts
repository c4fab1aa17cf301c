import { basename, dirname } from "node:path";
import { type FileText, listDirectory, storageError } from "../system/files.ts";
import { sweepTemporaries } from "../system/replace.ts";
import { commit, FILE_MODE, quietly, rememberState } from "./commit.ts";
import { editContexts } from "../yaml/edit.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { isAsKnown } from "./glance.ts";
import { settleLoss } from "./recovery.ts";
import { readKept } from "./versions.ts";
import { adviseRestore, keepLastWhole, lastWhole } from "./last-valid.ts";
import type { Paths } from "./home.ts";
import { replaceCorrupt, unlessCorrupt } from "./repair.ts";
import type { Snapshot } from "./snapshot.ts";
import { readState, type State, writeState } from "./state.ts";
import type { Outcome, Plan, Replaced, StoreTools } from "./store.ts";
import { type Turn, withOwnLock, withTurn } from "./store-lock.ts";

/**
 * The shared file, changed so that nothing is lost: lock, read, change, temporary file, compare that the original is
 * still what was read (else start over), keep it as a version, rename over the real path. The lock is among our own
 * processes; Python bentoml takes none, and the comparison is what guards its writes.
 */

/** Far less than the time after which others take a lock for abandoned. */
const LONGEST_TURN_MS = 1_500;

type Planner = (file: ContextsFile, state: State) => Plan;

export async function updateStore(tools: StoreTools, plan: Planner): Promise<Outcome> {
  const { paths, snapshot } = tools;
  const { file } = await snapshot().catch(async (error: unknown) => {
    throw await adviseRestore(tools, error);
  });
  // A plan that must fail does so here, before a directory or a lock of ours appears.
  plan(file, readState(paths.own));
  return turnWith(tools, (turn) => change(tools, turn, plan));
}

export async function replaceStore(tools: StoreTools, text: string): Promise<Replaced> {
  return turnWith(tools, (turn) => replace(tools, turn, text));
}

export async function mendStore(tools: StoreTools): Promise<Replaced> {
  return turnWith(tools, (turn) => mend(tools, turn));
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

/** What one attempt came to, and what is left to do once the locks are released. */
interface Done<T> {
  result: T;
  late?: (() => Promise<void>) | undefined;
}

type Attempt<T> = (turn: Turn) => Promise<Done<T> | undefined>;

async function turnWith<T>({ paths, signal }: StoreTools, attempt: Attempt<T>): Promise<T> {
  const { result, late } = await withTurn(paths, { signal: signal() }, (turn) =>
    untilUnchanged(turn, paths, attempt),
  );
  await late?.();
  return result;
}

/**
 * Starts over when the file changed meanwhile, which an attempt tells by answering undefined. Whom Python keeps at it
 * queues again now and then: held on to, the turn would be taken away, at a moment when that can be too late.
 */
async function untilUnchanged<T>(turn: Turn, paths: Paths, attempt: Attempt<T>): Promise<Done<T> | "lost"> {
  sweepLeftovers(turn, paths);
  const end = performance.now() + LONGEST_TURN_MS;
  do {
    const done = await attempt(turn);
    if (done !== undefined) return done;
  } while (turn.held() && performance.now() < end);
  return "lost";
}

/** What writers killed in the middle left. Only the holder's sweep takes nothing from a writer at work. */
function sweepLeftovers({ target, held }: Turn, { own }: Paths): void {
  if (!held()) return;
  sweepTemporaries(dirname(target), (name) => name === basename(target));
  sweepTemporaries(own, () => true);
}

async function change(tools: StoreTools, turn: Turn, plan: Planner): Promise<Done<Outcome> | undefined> {
  const { own } = tools.paths;
  const before = await readBefore(tools);
  // What is built on a beginning would end it there.
  if (before.isBusy) return undefined;
  const state = readState(own);
  const planned = plan(before.file, state);
  const text = planned.changes.length === 0 ? before.text : await editContexts(before.text, planned.changes);
  const file = text === undefined || text === before.text ? before.file : await readContexts(text);
  const wide = wideMode(before.raw);
  const isChange = text !== before.text || (wide !== undefined && planned.changes.length > 0);
  const remember = (now: State) =>
    JSON.stringify(now) === JSON.stringify(state) ? planned.state : plan(before.file, now).state;
  if (!isChange || text === undefined) {
    if (turn.held()) quietly(() => rememberState(own, remember));
    return { result: { file, narrowed: undefined, undo: undefined } };
  }
  const written = commit({ tools, turn, before, text, file, remember });
  return written && { result: { file, narrowed: wide, undo: written.version }, late: written.late };
}

async function replace(tools: StoreTools, turn: Turn, text: string): Promise<Done<Replaced> | undefined> {
  const before = await unlessCorrupt(() => readBefore(tools));
  if (!before) return toDone(await replaceCorrupt(tools, turn, text));
  if (before.isBusy) return undefined;
  if (text === before.text) return { result: untouched(before) };
  const file = await readContexts(text);
  const written = commit({ tools, turn, before, text, file });
  const narrowed = wideMode(before.raw);
  return (
    written && {
      result: { ...untouched(before), file, narrowed, undo: written.version },
      late: written.late,
    }
  );
}

function toDone<T>(result: T | undefined): Done<T> | undefined {
  return result && { result };
}

/** The version is chosen here, because another process may have known a newer one just now. */
async function mend(tools: StoreTools, turn: Turn): Promise<Done<Replaced> | undefined> {
  const before = await unlessCorrupt(() => readBefore(tools));
  if (before) return { result: untouched(before) };
  const { paths } = tools;
  await keepLastWhole(paths);
  const last = await lastWhole(paths.own);
  return toDone(await replaceCorrupt(tools, turn, last && readKept(last)));
}

function untouched({ file }: Snapshot): Replaced {
  return { before: file, file, narrowed: undefined, undo: undefined, aside: undefined };
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
