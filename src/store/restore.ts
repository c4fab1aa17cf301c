import { CliError } from "../errors.ts";
import { firstOfEachName, loginOf } from "../contexts/context.ts";
import type { Change } from "../yaml/edit.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { EMPTY } from "./snapshot.ts";
import { fingerprintOf, forgetOwners } from "./state.ts";
import type { Outcome, Store } from "./store.ts";
import { Token } from "../contexts/token.ts";
import { type Changes, compare } from "./compare.ts";
import { type Loss, type LostContext, stillLost, toContext } from "./recovery.ts";
import { isReplaced } from "./replaced.ts";
import { type Kept, listKept, markBack, readKept } from "./versions.ts";
import { readLoss } from "./list-versions.ts";

export interface BroughtBack extends Outcome {
  changes: Changes;
  /** Where what was no contexts file stands now. */
  aside: string | undefined;
  /** Lost contexts whose names stand for another login by now, so that they were left out. */
  taken: string[];
}

/**
 * Brings back one thing that was kept. A version takes the file's place as it was; what was lost is added to whatever
 * stands in the file now, and replaces nothing but an older token that was put in a newer one's place.
 */
export async function bringBack(store: Store, kept: Kept): Promise<BroughtBack> {
  const result = await (kept.kind === "version" ? putVersion(store, kept) : putLost(store, kept));
  const names = new Set([...result.changes.added, ...result.changes.changed]);
  const back = [...firstOfEachName(result.file.contexts).values()].filter(({ name }) => names.has(name));
  // An earlier login may be of somebody else, and is meant.
  if (back.length > 0) await store.updateState((state) => forgetOwners(state, back), { create: false });
  return result;
}

async function putLost(store: Store, kept: Kept): Promise<BroughtBack> {
  const loss = readLoss(kept);
  if (!loss) throw unreadable(kept);
  const result = await addLost(store, kept, loss);
  if (result.taken.length === 0) markBack(kept);
  return result;
}

/** Without what was lost again since as a newer login, which a later loss brings back. */
function withoutLater(own: string, kept: Kept, loss: Loss): Loss {
  const all = listKept(own, "lost");
  const later = all.slice(all.findIndex(({ id }) => id === kept.id) + 1).map(readLoss);
  const lost = later.flatMap((one) => (one ? [...one.missing, ...one.reverted] : []));
  // Lost later is not always newer: another program may have put an older login back before.
  const newer = lost.filter((one) => !isReplaced(own, fingerprintOf(toContext(one))));
  const names = new Set(newer.map(({ name }) => name));
  const isLast = ({ name }: LostContext) => !names.has(name);
  return { ...loss, missing: loss.missing.filter(isLast), reverted: loss.reverted.filter(isLast) };
}

function unreadable({ path }: Kept): CliError {
  return new CliError("CORRUPT", `${path} cannot be read`, {
    hint: "`bentocloud restore` lists the other versions",
  });
}

async function putVersion(store: Store, kept: Kept): Promise<BroughtBack> {
  const text = readKept(kept);
  if (text === undefined) throw unreadable(kept);
  await readContexts(text);
  const replaced = await store.replace(text);
  return { ...replaced, changes: compare(replaced.before ?? EMPTY, replaced.file), taken: [] };
}

async function addLost(store: Store, kept: Kept, all: Loss): Promise<BroughtBack> {
  const { own } = store.paths;
  let before = EMPTY;
  let loss = all;
  const outcome = await store.update((file) => {
    before = file;
    // Asked when all that is gone from the file by now is kept: a newer login may be among it.
    loss = withoutLater(own, kept, all);
    return { changes: changesFor(own, loss, file) };
  });
  const there = new Set(
    outcome.file.contexts.map((context) => JSON.stringify([context.name, loginOf(context)])),
  );
  const taken = [...loss.missing, ...loss.reverted].filter(
    ({ name, endpoint, api_token }) =>
      !there.has(JSON.stringify([name, JSON.stringify([endpoint, api_token])])),
  );
  const changes = compare(before, outcome.file);
  return { ...outcome, changes, aside: undefined, taken: taken.map(({ name }) => name) };
}

function changesFor(own: string, loss: Loss, file: ContextsFile): Change[] {
  const lost = stillLost(own, loss, file);
  const puts = lost.map(({ name, endpoint, email, api_token }): Change => {
    return { kind: "put", name, endpoint, email, token: new Token(api_token) };
  });
  // A name that stands for nothing is no choice of anybody's.
  const isChosen = file.contexts.some(({ name }) => name === file.current.name);
  const isCurrentBack = !isChosen && lost.some(({ name }) => name === loss.current);
  return isCurrentBack ? [...puts, { kind: "use", name: loss.current }] : puts;
}
