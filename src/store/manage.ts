import type { ContextsFile } from "../yaml/read.ts";
import { findContext, firstOfEachName, requireNamed } from "../contexts/context.ts";
import { forget, renameInState } from "./state.ts";
import type { Outcome, Store } from "./store.ts";
import { CliError } from "../errors.ts";
import { parseName } from "../contexts/name.ts";
import { readProtected } from "./protection.ts";

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

/** Its protection goes with it, and stands under both names meanwhile. */
export async function renameContext(store: Store, from: string, to: string): Promise<Outcome> {
  if (from === to) return renameStored(store, from, to);
  requireNamed((await store.read()).contexts, from);
  await store.prepare();
  const names = readProtected(store.paths.own);
  if (!names.includes(from)) return renameStored(store, from, to);
  await store.updateProtected((before) => [...before, to]);
  try {
    const outcome = await renameStored(store, from, to);
    await store.updateProtected((before) => before.filter((name) => name !== from));
    return outcome;
  } catch (error) {
    if (!names.includes(to)) await store.updateProtected((before) => before.filter((name) => name !== to));
    throw error;
  }
}

function renameStored(store: Store, from: string, to: string): Promise<Outcome> {
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
  const outcome = await store.update((file, state) => {
    const stored = firstOfEachName(file.contexts);
    for (const name of names) if (!stored.has(name)) requireNamed(file.contexts, name);
    return { changes: names.map((name) => ({ kind: "remove", name })), state: forget(state, names) };
  });
  await unprotect(store, names);
  return outcome;
}

/** False when it was protected already. */
export async function protectContext(store: Store, name: string): Promise<boolean> {
  requireNamed((await store.read()).contexts, name);
  if (readProtected(store.paths.own).includes(name)) return false;
  await store.updateProtected((names) => [...names, name]);
  return true;
}

/** False when it was not protected. */
export async function unprotectContext(store: Store, name: string): Promise<boolean> {
  if (await unprotect(store, [name])) return true;
  requireNamed((await store.read()).contexts, name);
  return false;
}

async function unprotect(store: Store, gone: readonly string[]): Promise<boolean> {
  if (!readProtected(store.paths.own).some((name) => gone.includes(name))) return false;
  await store.updateProtected((names) => names.filter((name) => !gone.includes(name)));
  return true;
}
