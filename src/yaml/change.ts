import { type Context, tokenOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { type ContextsFile, DEFAULT_CURRENT } from "./contexts-file.ts";

/**
 * One change to the contexts file. `put` makes a context what its name stands for: the first entry of that name, or a
 * new one at the end. `remove` and `rename` mean every entry of that name, and never touch the current one. A `use` of
 * null takes `current_context_name` out.
 */
export type Change =
  | { kind: "put"; name: string; endpoint: string; token: Token; email: string | null }
  | { kind: "remove"; name: string }
  | { kind: "rename"; from: string; to: string }
  | { kind: "use"; name: string | null };

/** The values of an entry by their keys, in the order in which Python writes them. */
export interface Fields {
  api_token: string;
  email: string | null;
  endpoint: string;
  name: string;
}

/** What a file has to say once it is changed. */
export interface Target {
  /** Each with its index among the contexts of the file, or undefined for one that is new. */
  entries: { fields: Fields; from: number | undefined }[];
  /** Null for none; undefined when nothing is said about it. */
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

/** Whether a file that was read again says what it should; `before` is what it said about what does not change. */
export function isReached(file: ContextsFile, { entries, current }: Target, before: ContextsFile): boolean {
  const name = current === undefined ? before.current.name : (current ?? DEFAULT_CURRENT);
  if (current !== undefined && file.problems.some((problem) => problem.current)) return false;
  const wanted = entries.map(({ fields }) => fields);
  return file.current.name === name && JSON.stringify(file.contexts.map(fieldsOf)) === JSON.stringify(wanted);
}

/** The fields that differ; a missing e-mail is as good as null. */
export function changesIn(now: Fields, wanted: Fields): [key: string, value: string | null][] {
  return Object.entries(wanted).filter(([key, value]) => value !== now[key as keyof Fields]);
}
