import { CliError } from "../../errors.ts";
import { discard } from "../../system/files.ts";
import { firstOfEachName } from "../context.ts";
import type { Change } from "../file/edit.ts";
import { type ContextsFile, readContexts } from "../file/read.ts";
import { EMPTY } from "../snapshot.ts";
import { fingerprintOf } from "../state.ts";
import type { Outcome, Replaced, Store } from "../store.ts";
import { Token } from "../token.ts";
import { type Changes, compare } from "./compare.ts";
import type { Loss } from "./loss.ts";
import { type Kept, readKept } from "./ring.ts";
import { readLoss } from "./versions.ts";

export interface BroughtBack extends Outcome {
  changes: Changes;
  /** Where what was no contexts file stands now. */
  aside: string | undefined;
}

/**
 * Brings back one thing that was kept. A version takes the file's place as it was; what was lost is added to whatever
 * stands in the file now, and replaces nothing but an older token that was put in a newer one's place.
 */
export async function bringBack(store: Store, kept: Kept): Promise<BroughtBack> {
  if (kept.kind === "version") return putVersion(store, kept);
  const result = await addLost(store, readLoss(kept));
  // It is no longer lost.
  discard(kept.path);
  return result;
}

async function putVersion(store: Store, kept: Kept): Promise<BroughtBack> {
  const text = readKept(kept);
  if (text === undefined) throw new CliError("NOT_FOUND", `the version ${kept.id} can no longer be read`);
  await readContexts(text);
  return withChanges(await store.replace(text));
}

function withChanges(replaced: Replaced): BroughtBack {
  return { ...replaced, changes: compare(replaced.before ?? EMPTY, replaced.file) };
}

async function addLost(store: Store, loss: Loss): Promise<BroughtBack> {
  let before = EMPTY;
  const outcome = await store.update((file) => {
    before = file;
    return { changes: changesFor(loss, file) };
  });
  return { ...outcome, changes: compare(before, outcome.file), aside: undefined };
}

function changesFor({ missing, reverted, current }: Loss, file: ContextsFile): Change[] {
  const here = firstOfEachName(file.contexts);
  const lost = [
    ...missing.filter(({ name }) => !here.has(name)),
    ...reverted.filter(({ name, instead }) => {
      const context = here.get(name);
      return context && fingerprintOf(context) === instead;
    }),
  ];
  const puts = lost.map(({ name, endpoint, email, api_token }): Change => {
    return { kind: "put", name, endpoint, email, token: new Token(api_token) };
  });
  // A name that stands for nothing is no choice of anybody's.
  const isCurrentBack = !here.has(file.current.name) && lost.some(({ name }) => name === current);
  return isCurrentBack ? [...puts, { kind: "use", name: current }] : puts;
}
