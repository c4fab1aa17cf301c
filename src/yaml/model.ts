import { tokenOf } from "../contexts/context.ts";
import type { Model } from "./change.ts";
import type { ContextsFile } from "./read.ts";

const FIELDS = ["name", "endpoint", "token", "email"] as const;

/** What a file says, for comparing it with what a change should make of it. */
export function modelOf({ contexts, current }: ContextsFile): Model {
  return {
    contexts: contexts.map((context) => {
      const { name, endpoint, email } = context;
      return { name, endpoint, token: tokenOf(context)?.reveal() ?? "", email };
    }),
    current: current.name,
  };
}

/** What `isDeepStrictEqual` would say, whose module takes longer to load than this to compare a thousand contexts. */
export function isSame(one: Model, other: Model): boolean {
  return (
    one.current === other.current &&
    one.contexts.length === other.contexts.length &&
    one.contexts.every((context, index) =>
      FIELDS.every((key) => context[key] === other.contexts[index]?.[key]),
    )
  );
}
