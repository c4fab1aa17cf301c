import { type Context, firstOfEachName } from "../contexts/context.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { versionKey } from "./versions.ts";

/** What differs between two states of the contexts file, by names alone; the keys are JSON keys. */
export interface Changes {
  added: string[];
  removed: string[];
  /** Another endpoint, API token or e-mail. */
  changed: string[];
  /** Null when the same context is current in both. */
  current: { from: string; to: string } | null;
}

export function compare(before: ContextsFile, after: ContextsFile): Changes {
  const [then, now] = [firstOfEachName(before.contexts), firstOfEachName(after.contexts)];
  const keyOf = (context: Context | undefined) => context && versionKey([context]);
  const names = [...then.keys()];
  const [from, to] = [before.current.name, after.current.name];
  return {
    added: [...now.keys()].filter((name) => !then.has(name)),
    removed: names.filter((name) => !now.has(name)),
    changed: names.filter((name) => now.has(name) && keyOf(then.get(name)) !== keyOf(now.get(name))),
    current: from === to ? null : { from, to },
  };
}
