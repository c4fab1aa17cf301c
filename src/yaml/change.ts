import type { Token } from "../contexts/token.ts";

/** Make this context what its name stands for: the first entry of that name, or a new one at the end. */
export interface Put {
  kind: "put";
  name: string;
  endpoint: string;
  token: Token;
  email: string | null;
}

/**
 * One change to the contexts file. `remove` and `rename` mean every entry of that name, and never touch the current
 * one; `separate` gives each entry a name of its own, as {@link separateNames} has it.
 */
export type Change =
  | Put
  | { kind: "remove"; name: string }
  | { kind: "rename"; from: string; to: string }
  | { kind: "use"; name: string }
  | { kind: "separate" };

/** The values that a change is about, free of how the file writes them. */
export interface Model {
  contexts: { name: string; endpoint: string; token: string; email: string | null }[];
  current: string;
}

/** Those in a row that can be made at once, so that many do not go through the file as many times. */
export function batchesOf(changes: Change[]): Change[][] {
  const batches: Change[][] = [];
  let names = new Set<string>();
  for (const change of changes) {
    const last = batches.at(-1);
    const isMore =
      change.kind === last?.[0]?.kind &&
      (change.kind === "remove" || (change.kind === "put" && !names.has(change.name)));
    if (last && isMore) last.push(change);
    else {
      batches.push([change]);
      names = new Set();
    }
    if (change.kind === "put") names.add(change.name);
  }
  return batches;
}

export function putsIn(batch: Change[]): Put[] {
  return batch.filter((change) => change.kind === "put");
}

/** The names that a batch of removals or of puts is about. */
export function namesIn(batch: Change[]): Set<string> {
  return new Set(
    batch.flatMap((change) => (change.kind === "remove" || change.kind === "put" ? change.name : [])),
  );
}

/** What a file has to say once a change, or several at once, are made. */
export function applyToModel({ contexts, current }: Model, batch: Change[]): Model {
  const [change] = batch;
  switch (change?.kind) {
    case undefined:
      return { contexts, current };
    case "use":
      return { contexts, current: change.name };
    case "remove": {
      const names = namesIn(batch);
      return { contexts: contexts.filter(({ name }) => !names.has(name)), current };
    }
    case "rename":
      return {
        contexts: contexts.map((one) => (one.name === change.from ? { ...one, name: change.to } : one)),
        current,
      };
    case "separate": {
      const names = separateNames(contexts);
      const kept = contexts.flatMap((one, index) => {
        const name = names[index];
        return name === undefined ? [] : [{ ...one, name }];
      });
      return { contexts: kept, current };
    }
    case "put": {
      const places = new Map(contexts.map(({ name }, index) => [name, index] as const).toReversed());
      const next = [...contexts];
      for (const { name, endpoint, token, email } of putsIn(batch))
        next[places.get(name) ?? next.length] = { name, endpoint, token: token.reveal(), email };
      return { contexts: next, current };
    }
  }
}

/**
 * The name each entry has when no two may share one; undefined for one that goes, because an earlier one of its name
 * is the same login, or because it has no token and another of its name has. The first that stays keeps the name.
 */
export function separateNames(contexts: Model["contexts"]): (string | undefined)[] {
  const taken = new Set(contexts.map(({ name }) => name));
  const groups = Map.groupBy(contexts, ({ name }) => name);
  const seen = new Map<string, Set<string>>();
  return contexts.map(({ name, endpoint, token }) => {
    const others = seen.get(name) ?? new Set();
    seen.set(name, others);
    const login = JSON.stringify([endpoint, token]);
    if (others.has(login)) return undefined;
    if (token === "" && groups.get(name)?.some((one) => one.token !== "")) return undefined;
    others.add(login);
    if (others.size === 1) return name;
    let number = 2;
    while (taken.has(`${name}-${number}`)) number += 1;
    taken.add(`${name}-${number}`);
    return `${name}-${number}`;
  });
}
