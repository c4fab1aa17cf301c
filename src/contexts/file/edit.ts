import { isDeepStrictEqual } from "node:util";
import { CliError } from "../../errors.ts";
import { tokenOf } from "../context.ts";
import { applyToModel } from "./change.ts";
import type { Change, Model } from "./change.ts";
import { Source } from "./document.ts";
import { canSplice } from "./items.ts";
import { applySplices } from "./layout.ts";
import { normalise } from "./normalise.ts";
import { parseContexts } from "./parse.ts";
import { DEFAULT_CURRENT } from "./fast.ts";
import type { ContextsFile } from "./read.ts";
import { splicesFor } from "./splice.ts";

export type { Change } from "./change.ts";

const NEW_FILE = `contexts: []\ncurrent_context_name: ${DEFAULT_CURRENT}\n`;

/**
 * The text with the changes made in order, and everything else left byte for byte as it was. Without a text, the one
 * Python bentoml would write. Throws `CORRUPT` for text that cannot be read, and rather than return text that would
 * read back as anything else than what was asked for.
 */
export async function editContexts(text: string | undefined, changes: Change[]): Promise<string> {
  const before = text ?? NEW_FILE;
  const wanted = changes.reduce(applyToModel, modelOf(parseContexts(before)));
  for (const attempt of [changeInPlace, changeNormalised]) {
    const after = unlessCorrupt(() => attempt(before, changes));
    const read = after === undefined ? undefined : unlessCorrupt(() => modelOf(parseContexts(after)));
    if (after !== undefined && isDeepStrictEqual(read, wanted)) return after;
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

/** Removals in a row are one batch, so that removing many contexts does not parse the file as many times. */
function batchesOf(changes: Change[]): Change[][] {
  const batches: Change[][] = [];
  for (const change of changes) {
    const last = batches.at(-1);
    if (change.kind === "remove" && last?.[0]?.kind === "remove") last.push(change);
    else batches.push([change]);
  }
  return batches;
}

function modelOf({ contexts, current }: ContextsFile): Model {
  return {
    contexts: contexts.map((context) => {
      const { name, endpoint, email } = context;
      return { name, endpoint, email, token: tokenOf(context)?.reveal() ?? "" };
    }),
    current: current.name,
  };
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
