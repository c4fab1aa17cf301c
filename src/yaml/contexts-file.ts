import type { Context } from "../contexts/context.ts";

/** The current context of Python bentoml when the file names none. */
export const DEFAULT_CURRENT = "default";

/** A fault in a readable file because of which an entry cannot be used, or Python bentoml refuses the file. */
export interface Problem {
  /** 1-based. */
  line: number;
  /** One lower-case sentence without a full stop, with the fix. Never contains a token. */
  message: string;
  /** The name of the entry that is left out because of the fault, if the name can be read. */
  context?: string;
  /** Set when any context may be behind it: an entry without a name, or the list of contexts under another key. */
  hides?: "entry" | "list";
  /** True when `current_context_name` cannot be read. */
  current?: true;
}

/** The shared contexts file as Python bentoml sees it, in the order of the file. */
export interface ContextsFile {
  /** Without the entries that are left out. */
  contexts: Context[];
  /** `line` is null when the file names no current context, so that Python's default applies. */
  current: { name: string; line: number | null };
  problems: Problem[];
}
