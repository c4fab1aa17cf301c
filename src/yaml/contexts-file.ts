import type { Context } from "../contexts/context.ts";

/** What Python bentoml takes for current when the file names none. */
export const DEFAULT_CURRENT = "default";

/** Something in a readable file that keeps a part of it from being used, or that stops Python bentoml. */
export interface Problem {
  /** 1-based. */
  line: number;
  /** One lower-case sentence without a full stop, with what to do. Never holds a token. */
  message: string;
  /** The name of the entry that is left out because of it, when that much can be read. */
  context?: string;
  /** True when `current_context_name` is what cannot be read. */
  current?: true;
}

/** The shared contexts file as Python bentoml sees it, in the order of the file. */
export interface ContextsFile {
  /** Without the entries that are left out. */
  contexts: Context[];
  /** `line` is null when the file does not say and Python's default applies. */
  current: { name: string; line: number | null };
  problems: Problem[];
}
