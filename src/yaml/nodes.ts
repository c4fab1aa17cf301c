import { CliError } from "../errors.ts";
import { applyToModel, batchesOf } from "./change.ts";
import type { Change } from "./change.ts";
import { Source } from "./document.ts";
import { canSplice } from "./items.ts";
import { applySplices } from "./layout.ts";
import { isSame, modelOf } from "./model.ts";
import { normalise } from "./normalise.ts";
import { parseContexts } from "./parse.ts";
import { splicesFor } from "./splice.ts";

/**
 * The editor for every file that Python bentoml can read: changes the text where the full parser says that a node
 * stands. Throws `CORRUPT` as `editContexts` says.
 */
export function editNodes(before: string, changes: Change[]): string {
  const wanted = batchesOf(changes).reduce(applyToModel, modelOf(parseContexts(before)));
  for (const attempt of [changeInPlace, changeNormalised]) {
    const after = unlessCorrupt(() => attempt(before, changes));
    const read = after === undefined ? undefined : unlessCorrupt(() => modelOf(parseContexts(after)));
    if (after !== undefined && read && isSame(read, wanted)) return after;
  }
  throw new CliError("CORRUPT", "the change cannot be made safely in the file as it is written");
}

function changeInPlace(text: string, changes: Change[]): string {
  return batchesOf(changes).reduce((result, batch) => {
    const source = new Source(result);
    if (canSplice(source, batch)) return applySplices(result, splicesFor(source, batch));
    const normal = normalise(source);
    return applySplices(normal, splicesFor(new Source(normal), batch));
  }, text);
}

/** Anything that the check for splicing did not foresee. */
function changeNormalised(text: string, changes: Change[]): string {
  return changes.length === 0 ? text : changeInPlace(normalise(new Source(text)), changes);
}

/** Places in an intermediate text would mean nothing to the reader of an error. */
function unlessCorrupt<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}
