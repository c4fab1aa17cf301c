import { CliError } from "../errors.ts";
import { findContext, firstOfEachName, loginOf, tokenOf } from "../contexts/context.ts";
import { Token } from "../contexts/token.ts";
import type { Change } from "../yaml/edit.ts";
import { type Changes, compare } from "./compare.ts";
import { loadLoss, namesLost, stillLost } from "./losses.ts";
import { EMPTY } from "./snapshot.ts";
import { forgetOwners } from "./state.ts";
import type { Store } from "./store.ts";
import type { Outcome } from "./tools.ts";
import { listVersions, loginsOf, parseVersion, readVersion, type Version } from "./versions.ts";

/** One line of what `restore` lists. */
export interface Restorable extends Pick<Version, "id" | "kind" | "time"> {
  /** The names of its contexts; of a loss, those that are still missing. */
  contexts: string[];
  /** What was done to it next; null for a loss, and where that cannot be told. */
  changes: Changes | null;
}

export interface BroughtBack extends Outcome {
  changes: Changes;
  /** Where a file that could not be read is kept now. */
  aside: string | undefined;
  /** Lost contexts whose names stand for another login by now, so that they were left out. */
  taken: string[];
}

/** Newest first: every version that has other logins than the file, and every loss that is not brought back. */
export async function listRestorable(store: Store): Promise<Restorable[]> {
  const { own } = store.paths;
  const now = await store.read().catch(unlessCorrupt);
  // The file is what came after the newest version; when it cannot be read, that cannot be told.
  let next = now;
  const restorable: Restorable[] = [];
  for (const version of listVersions(own).toReversed()) {
    const { id, kind, time } = version;
    if (kind === "pending") continue;
    if (kind === "loss") {
      const contexts = await namesLost(own, version, now ?? EMPTY);
      if (contexts.length > 0) restorable.push({ id, kind, time, contexts, changes: null });
      continue;
    }
    const file = await parseVersion(version);
    if (!file) continue;
    const isPresent = now !== undefined && loginsOf(file.contexts) === loginsOf(now.contexts);
    const contexts = [...firstOfEachName(file.contexts).keys()];
    if (!isPresent) restorable.push({ id, kind, time, contexts, changes: next ? compare(file, next) : null });
    next = file;
  }
  return restorable;
}

export function findRestorable(store: Store, id: string): Version {
  const wanted = id.toLowerCase();
  const found = listVersions(store.paths.own).find((one) => one.id === wanted && one.kind !== "pending");
  if (found) return found;
  throw new CliError("NOT_FOUND", `there is no version ${id}`, {
    hint: "`bentocloud restore` lists the versions",
  });
}

/**
 * A version takes the file's place as it was; what was lost is added to whatever stands in the file now, and replaces
 * nothing but an older login that another program put in a newer one's place.
 */
export async function bringBack(store: Store, version: Version): Promise<BroughtBack> {
  const result = await (version.kind === "loss" ? addLost(store, version) : putVersion(store, version));
  const names = new Set([...result.changes.added, ...result.changes.changed]);
  const back = [...firstOfEachName(result.file.contexts).values()].filter(({ name }) => names.has(name));
  // An earlier login may be somebody else's, and was asked for.
  if (back.length > 0) await store.updateState((state) => forgetOwners(state, back), { create: false });
  return result;
}

async function putVersion(store: Store, version: Version): Promise<BroughtBack> {
  const text = readVersion(version);
  if (text === undefined || !(await parseVersion(version))) throw unreadable(version);
  const replaced = await store.replace(text);
  return { ...replaced, changes: compare(replaced.before ?? EMPTY, replaced.file), taken: [] };
}

async function addLost(store: Store, version: Version): Promise<BroughtBack> {
  const loss = await loadLoss(store.paths.own, version);
  if (!loss) throw unreadable(version);
  const outcome = await store.update((file) => {
    const changes = stillLost(loss, file).map((context): Change => {
      const { name, endpoint, email } = context;
      return { kind: "put", name, endpoint, email, token: tokenOf(context) ?? new Token("") };
    });
    return { changes, result: file };
  });
  const { file, result: before } = outcome;
  const taken = loss.contexts.filter((context) => {
    const now = findContext(file.contexts, context.name);
    return !now || loginOf(now) !== loginOf(context);
  });
  return {
    ...outcome,
    result: undefined,
    changes: compare(before, file),
    aside: undefined,
    taken: taken.map(({ name }) => name),
  };
}

function unreadable({ path }: Version): CliError {
  return new CliError("CORRUPT", `${path} cannot be read`, {
    hint: "`bentocloud restore` lists the other versions",
  });
}

function unlessCorrupt(error: unknown): undefined {
  if (!(error instanceof CliError) || error.code !== "CORRUPT") throw error;
}
