import type { Context } from "../contexts/context.ts";
import { readFast } from "./fast.ts";

/** Something in a readable file that will surprise the user, or stop Python bentoml. */
export interface Problem {
  /** 1-based. */
  line: number;
  /** One lower-case sentence without a full stop. Never holds a token. */
  message: string;
  /** Python bentoml refuses the whole file because of it. */
  refused?: true;
}

/** The shared contexts file as Python bentoml sees it, in the order of the file. */
export interface ContextsFile {
  contexts: Context[];
  /** `line` is null when the file does not say and Python's default applies. */
  current: { name: string; line: number | null };
  problems: Problem[];
}

/**
 * Reads the text of the contexts file. Throws `CORRUPT`, with line and column, for text that is no contexts file.
 * The YAML package costs more start-up time than everything else `token` does, so it is loaded only for files that
 * are not in the shape both programs write.
 */
export async function readContexts(text: string): Promise<ContextsFile> {
  const fast = readFast(text);
  if (fast) return fast;
  const { parseContexts } = await import("./parse.ts");
  return parseContexts(text);
}
