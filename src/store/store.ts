import { Token } from "../contexts/token.ts";
import type { ContextsFile } from "../yaml/read.ts";
import type { Paths } from "./paths.ts";
import { isTrustedOwner } from "../system/read-file.ts";
import { type Snapshot, snapshotReader } from "./snapshot.ts";
import type { State } from "./state.ts";
import type { Outcome, Plan, Replaced, StoreOptions, StoreTools } from "./tools.ts";
import { readBaseline } from "./versions.ts";

/**
 * The shared file and our own memory beside it. Reading is here, because nearly every command reads and start-up time
 * counts; changing is in `transaction.ts`, loaded when something changes.
 */
export interface Store {
  paths: Paths;
  /**
   * Never writes the file and never creates it; no file is the same as no contexts. Says what another program removed.
   */
  read(): Promise<ContextsFile>;
  /** Whether the file belongs to a user who is neither this one nor root. */
  isForeign(): Promise<boolean>;
  /** Our own memory, read once until the next update. */
  state(): Promise<State>;
  /**
   * `plan` sees what stands in the file and says what to change; when it throws, nothing was written. It has no effects
   * of its own, because it runs more than once.
   */
  update<T = undefined>(plan: (file: ContextsFile, state: State) => Plan<T>): Promise<Outcome<T>>;
  /**
   * Puts a text in the place of whatever stands there. Without a text, replaces only a file that cannot be read, by the
   * last valid version or an empty list. Such a file is put aside.
   */
  replace(text?: string): Promise<Replaced>;
  /** What another program removed and is still missing, newest first: the ID for `restore`, and the names. */
  losses(): Promise<{ id: string; contexts: string[] }[]>;
  /** Changes only our own memory, as far as that can be done without waiting. Without `create`, never makes one. */
  updateState(plan: (state: State, file: ContextsFile) => State, options: { create: boolean }): Promise<void>;
  /**
   * Fails when a later {@link Store.update} could not write, or could not save a login under this name, before anything
   * hard to repeat is begun.
   */
  prepare(name?: string): Promise<void>;
  /** Changes which contexts are protected; the names are read with `readProtected`. */
  updateProtected(change: (names: readonly string[]) => string[]): Promise<void>;
}

export function createStore(options: StoreOptions): Store {
  const { paths } = options;
  const snapshot = snapshotReader(paths.file, (bytes) => readBaseline(paths.own)?.equals(bytes) === true);
  const tools: StoreTools = {
    ...options,
    said: new Set(),
    snapshot: (settleMs) =>
      snapshot(settleMs).catch(async (error: unknown) => {
        throw await (await import("./notice-loss.ts")).adviseRestore(paths.own, error);
      }),
  };
  let state: Promise<State> | undefined;
  const readState = async () => (await import("./state.ts")).readState(paths.own);
  const forget = () => {
    state = undefined;
  };
  return {
    paths,
    async read() {
      const now = await tools.snapshot();
      if (isOfOther(now)) sayOnce(tools, `${paths.file} belongs to another user, who can change it`);
      const baseline = readBaseline(paths.own);
      if (baseline && now.raw?.bytes.equals(baseline) !== true)
        await (await import("./notice-loss.ts")).noticeLoss(tools, now);
      return now.file;
    },
    isForeign: async () => isOfOther(await tools.snapshot()),
    state: () => (state ??= readState()),
    update: async (plan) => (await import("./transaction.ts")).updateStore(tools, plan).finally(forget),
    replace: async (text) => (await import("./transaction.ts")).replaceStore(tools, text).finally(forget),
    losses: async () => (await import("./losses.ts")).listLosses(paths.own, (await tools.snapshot()).file),
    updateState: async (change, options) =>
      (await import("./transaction.ts")).updateState(tools, change, options).finally(forget),
    prepare: async (name) => {
      (await import("./store-lock.ts")).requireWritableStore(paths);
      if (name === undefined) return;
      const login = { kind: "put", name, endpoint: "-", token: new Token("-"), email: null } as const;
      await (await import("../yaml/edit.ts")).editContexts((await tools.snapshot()).text, [login]);
    },
    updateProtected: async (change) =>
      (await import("./protection.ts")).writeProtected(paths, options.signal(), change),
  };
}

function isOfOther({ raw }: Snapshot): boolean {
  return raw !== undefined && !isTrustedOwner(raw);
}

function sayOnce({ said, alert }: StoreTools, message: string): void {
  if (!said.has(message)) alert(message);
  said.add(message);
}
