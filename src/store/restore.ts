import { CliError, requireExpected } from "../errors.ts";
import { type Context, findContext, firstOfEachName, isSameLogin } from "../contexts/context.ts";
import { showName } from "../contexts/name.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { type Changes, compare } from "./compare.ts";
import { isLost, type KeptLoss, namesLost, putContext, toKeptLoss } from "./losses.ts";
import { EMPTY, whenCorrupt } from "./snapshot.ts";
import { isDeleted, settleNames } from "./state.ts";
import type { Store } from "./store.ts";
import type { Outcome } from "./tools.ts";
import {
  listVersions,
  type LoadedVersion,
  loadVersions,
  parseVersion,
  readVersion,
  requireVersions,
  type Version,
  versionKey,
} from "./versions.ts";

/** One line of what `restore` lists. */
export interface Restorable extends Pick<Version, "id" | "kind" | "time"> {
  /** The names of its contexts; of a loss, those that are still missing. */
  contexts: string[];
  /** What bringing it back would change; null where the file cannot be read, and is replaced. */
  changes: Changes | null;
  /** Those of its contexts that it would bring back with an API token that was deleted. */
  deleted: string[];
}

export interface BroughtBack extends Outcome {
  changes: Changes;
  /** Where a file that could not be read is kept now. */
  aside: string | undefined;
  /** Lost contexts whose names stand for another login by now, so that they were left out. */
  taken: string[];
}

/** Newest first: every version that has other logins than the file, and every loss that is not settled. */
export async function listRestorable(store: Store): Promise<Restorable[]> {
  requireVersions(store.paths.own);
  const now = await store.read().catch(whenCorrupt(undefined));
  // Whatever is wrong with our own notes, versions can be listed.
  const state = await store.state().catch((error: unknown) => void requireExpected(error));
  const restorable: Restorable[] = [];
  const add = (version: LoadedVersion, contexts: string[], changes: Changes | null) => {
    const { id, kind, time, file } = version;
    const back = changes ? [...changes.added, ...changes.changed] : contexts;
    const deleted = back.filter((name) => {
      const context = findContext(file.contexts, name);
      return state !== undefined && context !== undefined && isDeleted(state, context);
    });
    restorable.push({ id, kind, time, contexts, changes, deleted });
  };
  const all = await loadVersions(store.paths.own);
  for (const version of all.toReversed()) {
    const { kind, file } = version;
    if (kind === "pending") continue;
    if (kind === "loss") {
      const loss = toKeptLoss(all, version);
      const contexts = namesLost(loss, now ?? EMPTY);
      const changes = now ? compare(now, withLost(loss, now)) : null;
      if (contexts.length > 0) add(version, contexts, changes);
      continue;
    }
    const isPresent = now !== undefined && versionKey(file.contexts) === versionKey(now.contexts);
    const contexts = [...firstOfEachName(file.contexts).keys()];
    if (!isPresent) add(version, contexts, now ? compare(now, file) : null);
  }
  return restorable;
}

export function findRestorable(store: Store, id: string): Version {
  requireVersions(store.paths.own);
  const wanted = id.toLowerCase();
  const versions = listVersions(store.paths.own).filter(({ kind }) => kind !== "pending");
  const found = versions.find((one) => one.id === wanted);
  if (found) return found;
  throw new CliError("NOT_FOUND", `there is no version ${showName(id)}`, {
    hint: "`bentocloud restore` lists the versions",
    correction: { unknown: id, names: versions.map((one) => one.id) },
  });
}

/**
 * A version replaces the whole file. A loss is added to what is in the file now; it replaces nothing but an older login
 * that another program put in the place of a newer one.
 */
export async function bringBack(store: Store, version: Version): Promise<BroughtBack> {
  if (version.kind === "loss") return addLost(store, version);
  const text = readVersion(version);
  if (text === undefined || !(await parseVersion(version))) throw unreadable(version);
  const replaced = await store.replace(text);
  return { ...replaced, changes: compare(replaced.before ?? EMPTY, replaced.file), taken: [] };
}

async function addLost(store: Store, version: Version): Promise<BroughtBack> {
  const all = await loadVersions(store.paths.own);
  const loaded = all.find(({ id }) => id === version.id);
  if (!loaded) throw unreadable(version);
  const loss = toKeptLoss(all, loaded);
  const { contexts } = loss.file;
  const outcome = await store.update((file, state) => {
    const { lost, current } = planLost(loss, file);
    const puts = lost.map(putContext);
    const changes = current === undefined ? puts : [...puts, { kind: "use" as const, name: current }];
    const names = lost.map(({ name }) => name);
    return { changes, state: settleNames(state, names, lost), result: file };
  });
  const { file, result: before } = outcome;
  const isBack = (context: Context) => isSameLogin(context, findContext(file.contexts, context.name));
  const taken = contexts.filter((context) => !isBack(context)).map(({ name }) => name);
  return { ...outcome, result: undefined, changes: compare(before, file), aside: undefined, taken };
}

/** Which contexts come back, and the one that becomes current if any does. */
function planLost(loss: KeptLoss, file: ContextsFile): { lost: Context[]; current: string | undefined } {
  const lost = loss.file.contexts.filter((context) => isLost(context, loss, file));
  const { name } = loss.file.current;
  // Nobody chose a current name that no context has.
  const isChosen = findContext(file.contexts, file.current.name) !== undefined;
  return { lost, current: isChosen || !findContext(lost, name) ? undefined : name };
}

function withLost(loss: KeptLoss, file: ContextsFile): ContextsFile {
  const { lost, current = file.current.name } = planLost(loss, file);
  return { ...file, contexts: [...lost, ...file.contexts], current: { name: current, line: null } };
}

function unreadable({ path }: Version): CliError {
  return new CliError("CORRUPT", `${path} cannot be read`, {
    hint: "`bentocloud restore` lists the other versions",
  });
}
