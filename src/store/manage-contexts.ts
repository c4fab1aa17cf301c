import { CliError } from "../errors.ts";
import { type Context, findContext, firstOfEachName, loginKey, requireNamed } from "../contexts/context.ts";
import { parseName } from "../contexts/name.ts";
import { type ContextsFile, problemError, problemWith } from "../yaml/read.ts";
import { readProtected } from "./protection.ts";
import { forget, renameInState } from "./state.ts";
import type { Store } from "./store.ts";
import type { Outcome } from "./tools.ts";

/** @throws CliError `CORRUPT` for an entry that cannot be read, and `NOT_FOUND` when there is none of that name. */
export async function requireStored(store: Store, name: string): Promise<Context> {
  return requireIn(store, await store.read(), name);
}

function requireIn({ paths }: Store, file: ContextsFile, name: string): Context {
  const problem = problemWith(file, name);
  if (problem) throw problemError(problem, paths.file);
  return requireNamed(file.contexts, name);
}

/**
 * Makes a stored context current, and remembers the one before for `use -`. The result is the name of the one that was
 * current before.
 */
export async function switchContext(store: Store, name: string): Promise<Outcome<string>> {
  return store.update((file, state) => {
    requireIn(store, file, name);
    // A current name that cannot be read is replaced by any other, the default one too.
    const before = file.problems.some(({ current }) => current) ? "" : file.current.name;
    const previous = previousAfterSwitch(file, name);
    return {
      changes: before === name ? [] : [{ kind: "use", name }],
      ...(previous === undefined ? {} : { state: { ...state, previous } }),
      result: before,
    };
  });
}

/** The context that `use -` goes back to after a switch, or undefined when the switch is none. */
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
  await requireStored(store, previous);
  return previous;
}

/** Its protection goes with it. Its earlier name stays protected too: a version from before brings it back under that. */
export async function renameContext(store: Store, from: string, to: string): Promise<Outcome> {
  await requireStored(store, from);
  const names = readProtected(store.paths);
  if (!names.includes(from) || names.includes(to)) return renameStored(store, from, to);
  await store.prepare();
  await store.updateProtected((before) => [...before, to]);
  return renameStored(store, from, to).catch(async (error: unknown) => {
    await unprotect(store, to);
    throw error;
  });
}

function renameStored(store: Store, from: string, to: string): Promise<Outcome> {
  return store.update((file, state) => {
    requireIn(store, file, from);
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
 * becomes active because one was removed. Their names stay protected, for `restore` to bring them back as they were.
 */
export async function removeContexts(store: Store, names: readonly string[]): Promise<Outcome> {
  return store.update((file, state) => {
    const stored = firstOfEachName(file.contexts);
    for (const name of names) if (!stored.has(name)) requireIn(store, file, name);
    return { changes: names.map((name) => ({ kind: "remove", name })), state: forget(state, names) };
  });
}

/**
 * Takes these logins out of the file, as far as they are still there: another process may have removed one meanwhile, or
 * saved another login under its name, which stays. The result has the names that were removed.
 */
export async function removeLogins(store: Store, logins: readonly Context[]): Promise<Outcome<string[]>> {
  return store.update((file, state) => {
    const keys = new Set(logins.map((login) => JSON.stringify([login.name, loginKey(login)])));
    const stored = [...firstOfEachName(file.contexts).values()];
    const gone = stored.filter((context) => keys.has(JSON.stringify([context.name, loginKey(context)])));
    const names = gone.map(({ name }) => name);
    const changes = names.map((name) => ({ kind: "remove", name }) as const);
    return { changes, state: forget(state, names), result: names };
  });
}

/** False when it was protected already. */
export async function protectContext(store: Store, name: string): Promise<boolean> {
  await requireStored(store, name);
  if (readProtected(store.paths).includes(name)) return false;
  await store.updateProtected((names) => [...names, name]);
  return true;
}

/** False when it was not protected. */
export async function unprotectContext(store: Store, name: string): Promise<boolean> {
  if (await unprotect(store, name)) return true;
  await requireStored(store, name);
  return false;
}

async function unprotect(store: Store, name: string): Promise<boolean> {
  if (!readProtected(store.paths).includes(name)) return false;
  await store.updateProtected((names) => names.filter((other) => other !== name));
  return true;
}
