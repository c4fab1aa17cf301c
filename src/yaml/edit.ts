import { CliError } from "../errors.ts";
import { type Change, says, targetOf } from "./change.ts";
import { DEFAULT_CURRENT } from "./contexts-file.ts";
import { readFast } from "./fast.ts";
import { editLines } from "./lines.ts";
import { problemError, problemWith, readContexts } from "./read.ts";

export type { Change } from "./change.ts";

const NEW_FILE = `contexts: []\ncurrent_context_name: ${DEFAULT_CURRENT}\n`;

/**
 * The text with the changes made in order, and every other entry, comment and key kept: byte for byte in the usual
 * shape, with other spacing in any other. Without a text, the one Python bentoml would write. Throws `CORRUPT` for text
 * that cannot be read, for a change of an entry that is left out, and rather than return text that would read back as
 * anything else than what was asked for.
 *
 * There are two editors for the reason that there are two readers: loading the YAML package, and parsing with it before
 * and after, takes most of the time that a switch takes, and nearly every file is in the shape both programs write.
 */
export async function editContexts(text: string | undefined, changes: Change[]): Promise<string> {
  const before = text ?? NEW_FILE;
  const fast = readFast(before);
  const file = fast ?? (await readContexts(before));
  for (const name of changes.flatMap(namesIn)) {
    const problem = problemWith(file, name);
    if (problem) throw problemError(problem, "the contexts file");
  }
  const target = targetOf(file, changes);
  const editors = fast ? [editLines, editDocument] : [editDocument];
  for (const edit of editors) {
    const after = await edit(before, file, target);
    const read = await readContexts(after).catch(undefinedIfCorrupt);
    if (read && says(read, target, file)) return after;
  }
  throw new CliError("CORRUPT", "the change cannot be made safely in the file as it is written");
}

async function editDocument(...args: Parameters<typeof editLines>): Promise<string> {
  return (await import("./edit-document.ts")).editDocument(...args);
}

function namesIn(change: Change): string[] {
  if (change.kind === "rename") return [change.from, change.to];
  return change.name === null ? [] : [change.name];
}

/** Places in text that is not written yet would mean nothing to the reader of an error. */
function undefinedIfCorrupt(error: unknown): undefined {
  if (!(error instanceof CliError)) throw error;
}
