import { type Context, firstOfEachName, tokenOf } from "../contexts/context.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { versionKey } from "./versions.ts";

/** What differs between two states of the contexts file, by names alone; the keys are JSON keys. */
export interface Changes {
  added: string[];
  removed: string[];
  /** Another endpoint, API token or e-mail. */
  changed: string[];
  /** The fields that differ, for each name in `changed`. */
  changed_fields: Record<string, ChangedField[]>;
  /** Null when the same context is current in both, and where the later name stands for no context. */
  current: { from: string; to: string } | null;
}

export type ChangedField = "endpoint" | "api_token" | "email";

export function compare(before: ContextsFile, after: ContextsFile): Changes {
  const [then, now] = [firstOfEachName(before.contexts), firstOfEachName(after.contexts)];
  const pairs = [...then.values()].flatMap((one) => {
    const other = now.get(one.name);
    return other && versionKey([one]) !== versionKey([other]) ? ([[one, other]] as const) : [];
  });
  const names = [...then.keys()];
  const [from, to] = [before.current.name, after.current.name];
  return {
    added: [...now.keys()].filter((name) => !then.has(name)),
    removed: names.filter((name) => !now.has(name)),
    changed: pairs.map(([{ name }]) => name),
    changed_fields: Object.fromEntries(pairs.map(([one, other]) => [one.name, changedFields(one, other)])),
    current: from === to || !now.has(to) ? null : { from, to },
  };
}

function changedFields(before: Context, after: Context): ChangedField[] {
  const hasOther: Record<ChangedField, boolean> = {
    endpoint: before.endpoint.reveal() !== after.endpoint.reveal(),
    api_token: tokenOf(before)?.reveal() !== tokenOf(after)?.reveal(),
    email: before.email !== after.email,
  };
  return (Object.keys(hasOther) as ChangedField[]).filter((field) => hasOther[field]);
}
