import type { Change } from "./change.ts";
import { DEFAULT_CURRENT } from "./fast.ts";
import { editLines } from "./lines.ts";

export type { Change } from "./change.ts";

const NEW_FILE = `contexts: []\ncurrent_context_name: ${DEFAULT_CURRENT}\n`;

/**
 * The text with the changes made in order, and everything else left byte for byte as it was. Without a text, the one
 * Python bentoml would write. Throws `CORRUPT` for text that cannot be read, and rather than return text that would
 * read back as anything else than what was asked for.
 *
 * There are two editors for the reason that there are two readers: loading the YAML package, and parsing with it before
 * and after, takes most of the time that a switch takes, and nearly every file is in the shape both programs write.
 */
export async function editContexts(text: string | undefined, changes: Change[]): Promise<string> {
  const before = text ?? NEW_FILE;
  return editLines(before, changes) ?? (await import("./nodes.ts")).editNodes(before, changes);
}
