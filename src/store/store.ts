import type { Change } from "../yaml/edit.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { isAsKnown } from "./glance.ts";
import type { Loss } from "./recovery.ts";
import type { Paths } from "./home.ts";
import { type ReadSnapshot, snapshotReader } from "./snapshot.ts";
import type { State } from "./state.ts";

/**
 * The shared file and our own memory beside it. Reading is here, because nearly every command reads and start-up time
 * counts; changing is in `write.ts`, fetched when something changes.
 */
export interface Store {
  paths: Paths;
  /**
   * Never writes the file and never creates; no file is the same as no contexts. Says what another program removed,
   * unless `notice` is false.
   */
  read(options?: { notice?: boolean }): Promise<ContextsFile>;
  /** The same until an update of ours. */
  state(): Promise<State>;
  /**
   * `plan` sees what stands in the file and says what to change; when it throws, nothing was written. It has no effects
   * of its own, because it runs more than once.
   */
  update(plan: (file: ContextsFile, state: State) => Plan): Promise<Outcome>;
  /** Puts this text in the file's place, whatever stands there. What is no contexts file is kept beside it. */
  replace(text: string): Promise<Replaced>;
  /** Puts the last whole version in the place of what is no contexts file, or nothing where none is known. */
  mend(): Promise<Replaced>;
  /** What a command that reads would say that another program removed, before it is said. */
  findLoss(): Promise<Loss | undefined>;
  /** Changes only our own memory, as far as that can be done without waiting. Without `create`, never makes one. */
  updateState(change: (state: State) => State, options: { create: boolean }): Promise<void>;
  /** Fails when a later {@link Store.update} could not write, before anything hard to repeat is begun. */
  prepare(): Promise<void>;
  /** Changes which contexts are protected; the names are read with `readProtected`. */
  updateProtected(change: (names: readonly string[]) => string[]): Promise<void>;
}

export interface Plan {
  changes: Change[];
  state?: State;
}

export interface Outcome {
  file: ContextsFile;
  /** The mode the file had, when it was wider than ours and was narrowed by this write. */
  narrowed: number | undefined;
  /** The ID of the version that was kept, when there was one and it was replaced. */
  undo: string | undefined;
}

export interface Replaced extends Outcome {
  /** What stood there before; undefined when it was no contexts file. */
  before: ContextsFile | undefined;
  /** Where what was no contexts file stands now. */
  aside: string | undefined;
}

export interface StoreOptions {
  paths: Paths;
  signal: () => AbortSignal;
  /** Told what another program took out of the file, once. */
  alert: (message: string) => void;
}

/** What the parts of a store share. */
export interface StoreTools extends StoreOptions {
  snapshot: ReadSnapshot;
}

export function createStore(options: StoreOptions): Store {
  const { paths } = options;
  const said = new Set<string>();
  // What cannot be kept would be said again by every look of one run.
  const alert = (message: string) => {
    if (!said.has(message)) options.alert(message);
    said.add(message);
  };
  const tools = { ...options, alert, snapshot: snapshotReader(paths.file) };
  let state: Promise<State> | undefined;
  const readState = async () => (await import("./state.ts")).readState(paths.own);
  const forget = () => {
    state = undefined;
  };
  return {
    paths,
    async read({ notice = true } = {}) {
      const { raw, file } = await tools.snapshot().catch(async (error: unknown) => {
        throw await (await import("./last-valid.ts")).adviseRestore(tools, error);
      });
      if (notice && !isAsKnown(paths, raw)) await (await import("./recovery.ts")).noticeLoss(tools);
      return file;
    },
    state: () => (state ??= readState()),
    update: async (plan) => (await import("./write.ts")).updateStore(tools, plan).finally(forget),
    replace: async (text) => (await import("./write.ts")).replaceStore(tools, text),
    mend: async () => (await import("./write.ts")).mendStore(tools),
    findLoss: async () => (await import("./recovery.ts")).findLoss(paths, await tools.snapshot()),
    updateState: async (change, { create }) =>
      (await import("./write.ts")).updateState(tools, change, create).finally(forget),
    prepare: async () => (await import("./store-lock.ts")).requireWritableStore(paths),
    updateProtected: async (change) =>
      (await import("./protection.ts")).writeProtected(paths, options.signal(), change),
  };
}
