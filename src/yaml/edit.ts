import { CliError, requireCliError } from "../errors.ts";
import { type Change, isReached, type Target, targetOf } from "./change.ts";
import { type ContextsFile, DEFAULT_CURRENT } from "./contexts-file.ts";
import { readFast, readUsual } from "./read-fast.ts";
import { editLines } from "./edit-lines.ts";
import { problemError, problemWith, readContexts } from "./read.ts";

export type { Change } from "./change.ts";

/** A changed text, and what it says. */
export interface Edited {
  text: string;
  file: ContextsFile;
}

const NEW_FILE = `contexts: []\ncurrent_context_name: ${DEFAULT_CURRENT}\n`;

/**
 * Applies the changes in order and keeps every other entry, comment and key: byte for byte in the usual shape, with
 * changed spacing in other shapes. Without a text, starts from the file that Python bentoml would write. Throws
 * `CORRUPT` for text that cannot be read, for a change to an entry that is left out, and when the result would not read
 * back as intended.
 *
 * There are two editors, as there are two readers, because loading the YAML package and parsing with it would take most
 * of the time of `use`, while nearly every file has the usual shape.
 */
export async function editContexts(text: string | undefined, changes: Change[]): Promise<Edited> {
  const before = text ?? NEW_FILE;
  const usual = readUsual(before);
  const fast = readFast(before, usual);
  const file = fast ?? (await readContexts(before));
  const misnamed = file.problems.find(({ hides }) => hides === "list");
  for (const name of changes.flatMap(namesIn)) {
    const problem = misnamed ?? problemWith(file, name);
    if (problem) throw problemError(problem, "the contexts file");
  }
  const target = targetOf(file, changes);
  const inLines = usual && fast && editLines(before, { usual, file, target });
  const edited = inLines === undefined ? undefined : await readBack(inLines, target, file);
  if (edited) return edited;
  const { editDocument } = await import("./edit-document.ts");
  const inNodes = await readBack(editDocument(before, file, target), target, file);
  if (inNodes) return inNodes;
  throw new CliError("CORRUPT", "the change cannot be made safely in the file as it is written");
}

function namesIn(change: Change): string[] {
  if (change.kind === "rename") return [change.from, change.to];
  return change.name === null ? [] : [change.name];
}

/** Undefined unless the text has the content of the target. Hides errors, whose lines would refer to text that no file has. */
async function readBack(text: string, target: Target, before: ContextsFile): Promise<Edited | undefined> {
  try {
    const file = await readContexts(text);
    return isReached(file, target, before) ? { text, file } : undefined;
  } catch (error) {
    return void requireCliError(error);
  }
}
