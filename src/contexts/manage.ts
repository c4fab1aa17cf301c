import type { ContextsFile } from "./file/read.ts";
import { findContext, firstOfEachName } from "./context.ts";
import { requireNamed } from "./require.ts";
import { forget, renameInState } from "./state.ts";
import type { Outcome, Store } from "./store.ts";
import { CliError } from "../errors.ts";
import { parseName } from "./name.ts";

export interface Switch extends Outcome {
  name: string;
  /** The context that was current before; the same name when nothing changed. */
  previous: string;
}

/** Makes a stored context current, and remembers the one before for `use -`. */
export async function switchContext(store: Store, name: string): Promise<Switch> {
  let previous = name;
  const outcome = await store.update((file, state) => {
    requireNamed(file.contexts, name);
    previous = file.current.name;
    const left = previousAfterSwitch(file, name);
    return {
      changes: previous === name ? [] : [{ kind: "use", name }],
      ...(left === undefined ? {} : { state: { ...state, previous: left } }),
    };
  });
  return { ...outcome, name, previous };
}

/** The context that `use -` goes back to, or undefined when the switch is none. */
export function previousAfterSwitch(file: ContextsFile, name: string): string | undefined {
  const { current } = file;
  return current.name !== name && findContext(file.contexts, current.name) ? current.name : undefined;
}

/** The name that `use -` means now. */
export async function previousContext(store: Store): Promise<string> {
  const { previous } = await store.state();
  if (previous === null) {
    throw new CliError("NOT_FOUND", "there is no previous context", {
      hint: "`bentocloud use NAME` switches",
    });
  }
  requireNamed((await store.read()).contexts, previous);
  return previous;
}

export async function renameContext(store: Store, from: string, to: string): Promise<Outcome> {
  return store.update((file, state) => {
    requireNamed(file.contexts, from);
    if (from === to) return { changes: [] };
    parseName(to);
    if (findContext(file.contexts, to)) throw new CliError("FAILURE", `there is a context "${to}" already`);
    const wasCurrent = file.current.name === from;
    return {
      changes: [{ kind: "rename", from, to }, ...(wasCurrent ? [{ kind: "use", name: to } as const] : [])],
      state: renameInState(state, from, to),
    };
  });
}

/**
 * Takes contexts out of the file. The current name is left as it is even when its context goes: no other login
 * becomes active because one was removed.
 */
export async function removeContexts(store: Store, names: readonly string[]): Promise<Outcome> {
  return store.update((file, state) => {
    const stored = firstOfEachName(file.contexts);
    for (const name of names) if (!stored.has(name)) requireNamed(file.contexts, name);
    return { changes: names.map((name) => ({ kind: "remove", name })), state: forget(state, names) };
  });
}
