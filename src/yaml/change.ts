import { type Context, tokenOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { type ContextsFile, DEFAULT_CURRENT } from "./contexts-file.ts";

/**
 * One change to the contexts file. `put` replaces the first entry of the name, or appends a new entry. `remove` and
 * `rename` apply to every entry of the name and never change which context is current. `use` with null removes
 * `current_context_name`.
 */
export type Change =
  | { kind: "put"; name: string; endpoint: string; token: Token; email: string | null }
  | { kind: "remove"; name: string }
  | { kind: "rename"; from: string; to: string }
  | { kind: "use"; name: string | null };

/** The values of an entry by key, in the order in which Python writes them. */
export interface Fields {
  api_token: string;
  email: string | null;
  endpoint: string;
  name: string;
}

/** The content that a file must have after the changes. */
export interface Target {
  /** `from` is the index among the contexts of the file, or undefined for a new context. */
  entries: { fields: Fields; from: number | undefined }[];
  /** Null removes it; undefined leaves it as it is. */
  current: string | null | undefined;
}

export function fieldsOf(context: Context): Fields {
  const { name, endpoint, email } = context;
  return { api_token: tokenOf(context)?.reveal() ?? "", email, endpoint: endpoint.reveal(), name };
}

export function targetOf(file: ContextsFile, changes: Change[]): Target {
  let entries: Target["entries"] = file.contexts.map((context, from) => ({
    fields: fieldsOf(context),
    from,
  }));
  let current: Target["current"];
  for (const change of changes) {
    if (change.kind === "use") current = change.name;
    else if (change.kind === "remove") entries = entries.filter(({ fields }) => fields.name !== change.name);
    else if (change.kind === "rename") {
      for (const entry of entries)
        if (entry.fields.name === change.from) entry.fields = { ...entry.fields, name: change.to };
    } else {
      const { name, endpoint, token, email } = change;
      const fields = { api_token: token.reveal(), email, endpoint, name };
      const entry = entries.find((one) => one.fields.name === name);
      if (entry) entry.fields = fields;
      else entries.push({ fields, from: undefined });
    }
  }
  return { entries, current };
}

/** Whether the changed file has the content of the target; `before` is the file without the changes. */
export function isReached(file: ContextsFile, { entries, current }: Target, before: ContextsFile): boolean {
  const name = current === undefined ? before.current.name : (current ?? DEFAULT_CURRENT);
  if (current !== undefined && file.problems.some((problem) => problem.current)) return false;
  const wanted = entries.map(({ fields }) => fields);
  return file.current.name === name && JSON.stringify(file.contexts.map(fieldsOf)) === JSON.stringify(wanted);
}

/** The fields that differ. A missing e-mail equals null. */
export function changesIn(now: Fields, wanted: Fields): [key: string, value: string | null][] {
  return Object.entries(wanted).filter(([key, value]) => value !== now[key as keyof Fields]);
}
