import type { Token } from "../token.ts";

/** Make this context what its name stands for: the first entry of that name, or a new one at the end. */
export interface Put {
  kind: "put";
  name: string;
  endpoint: string;
  token: Token;
  email: string | null;
}

/** One change to the contexts file. `remove` and `rename` mean every entry of that name, and never touch the current one. */
export type Change =
  | Put
  | { kind: "remove"; name: string }
  | { kind: "rename"; from: string; to: string }
  | { kind: "use"; name: string };

/** The values that a change is about, free of how the file writes them. */
export interface Model {
  contexts: { name: string; endpoint: string; token: string; email: string | null }[];
  current: string;
}

/** What a file has to say once a change is made. */
export function applyToModel({ contexts, current }: Model, change: Change): Model {
  switch (change.kind) {
    case "use":
      return { contexts, current: change.name };
    case "remove":
      return { contexts: contexts.filter(({ name }) => name !== change.name), current };
    case "rename":
      return {
        contexts: contexts.map((one) => (one.name === change.from ? { ...one, name: change.to } : one)),
        current,
      };
    case "put": {
      const { name, endpoint, token, email } = change;
      const next = { name, endpoint, token: token.reveal(), email };
      const index = contexts.findIndex((one) => one.name === name);
      return { contexts: index === -1 ? [...contexts, next] : contexts.with(index, next), current };
    }
  }
}
