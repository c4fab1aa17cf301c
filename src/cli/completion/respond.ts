import type { Command } from "../command.ts";
import { complete, type Completion, type Completions, type ListValues } from "./complete.ts";
import { readLine, toReply } from "./line.ts";

/**
 * The lines for a completion script: `words`, `files` or `rest`, then what may stand at the cursor. bash passes its line
 * and `COMP_WORDBREAKS`; the other shells pass the word at the cursor and the words before it.
 */
export async function answer(
  root: Command,
  [shell, ...given]: readonly string[],
  listValues: ListValues,
): Promise<string[]> {
  if (shell === "bash") {
    const [text = "", breaks = ""] = given;
    const line = readLine(text, breaks);
    return toLines(await complete(root, line, listValues), ({ value }) => toReply(value, line));
  }
  const [current = "", ...words] = given;
  return toLines(await complete(root, { words, current }, listValues), ({ value, description }) =>
    description === "" ? value : `${value}\t${description}`,
  );
}

function toLines(completions: Completions, toLine: (completion: Completion) => string | undefined): string[] {
  if (typeof completions === "string") return [completions];
  return ["words", ...completions.map(toLine).filter((line) => line !== undefined)];
}
