import { CliError } from "../errors.ts";
import type { ContextsFile, Problem } from "./contexts-file.ts";
import { readFast } from "./read-fast.ts";

export type { ContextsFile, Problem } from "./contexts-file.ts";

/**
 * Reads the text of the contexts file. Throws `CORRUPT`, with line and column, for text that is no contexts file.
 * The YAML package costs more start-up time than everything else `token` does, so it is loaded only for files that
 * are not in the shape both programs write.
 */
export async function readContexts(text: string): Promise<ContextsFile> {
  return readFast(text) ?? (await import("./read-document.ts")).parseContexts(text);
}

/** What keeps the context of that name, or the current one (null), from being used; undefined when nothing does. */
export function problemWith(file: ContextsFile, name: string | null): Problem | undefined {
  const { problems, current } = file;
  if (name !== null) return problems.find(({ context }) => context === name);
  return problems.find((problem) => problem.current) ?? problemWith(file, current.name);
}

/** The error for asking for what a problem keeps from being used. */
export function problemError({ line, message }: Problem, path: string): CliError {
  return new CliError("CORRUPT", `${path}:${line}: ${message}`, {
    hint: "correct that line; `bentocloud doctor` lists all of them",
  });
}
