import { CliError } from "../errors.ts";
import type { ContextsFile, Problem } from "./contexts-file.ts";
import { readFast } from "./read-fast.ts";

export type { ContextsFile, Problem } from "./contexts-file.ts";

/**
 * Reads the text of the contexts file. Throws `CORRUPT`, with line and column, for any other text. Loading the YAML
 * package takes longer than everything else in `token`, so only files of an unusual shape load it.
 */
export async function readContexts(text: string): Promise<ContextsFile> {
  if (last?.text !== text) last = { text, file: await parse(text) };
  return last.file;
}

/** A command that changes the file reads back what it wrote, and looks at the file again for its answer. */
let last: { text: string; file: ContextsFile } | undefined;

async function parse(text: string): Promise<ContextsFile> {
  const file = text.startsWith("{") ? (await import("./read-json.ts")).readJson(text) : readFast(text);
  return file ?? (await import("./read-document.ts")).parseContexts(text);
}

/** The problem because of which the context of that name, or the current one (null), cannot be used. */
export function problemWith(file: ContextsFile, name: string | null): Problem | undefined {
  const { problems, current } = file;
  if (name !== null) return problems.find(({ context }) => context === name);
  return problems.find((problem) => problem.current) ?? problemWith(file, current.name);
}

/** The error for using an entry that has a problem. */
export function problemError({ line, message }: Problem, path: string): CliError {
  return new CliError("CORRUPT", `${path}:${line}: ${message}`, {
    hint: "correct that line; `bentocloud doctor` lists all of them",
  });
}
