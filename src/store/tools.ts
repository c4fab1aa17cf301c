import type { Change } from "../yaml/edit.ts";
import type { ContextsFile } from "../yaml/read.ts";
import type { Paths } from "./paths.ts";
import type { ReadSnapshot } from "./snapshot.ts";
import type { State } from "./state.ts";

export interface Plan<T = undefined> {
  changes: Change[];
  state?: State;
  /** What the caller wants to know of what the plan saw. */
  result?: T;
}

export interface Outcome<T = undefined> {
  result: T;
  file: ContextsFile;
  /** The mode the file had, when it was wider than ours and was narrowed by this write. */
  narrowed: number | undefined;
  /** The ID of the version that undoes this, when a login changed. */
  undo: string | undefined;
}

export interface Replaced extends Outcome {
  /** What stood there before; undefined when it could not be read. */
  before: ContextsFile | undefined;
  /** Where a file that could not be read is kept now. */
  aside: string | undefined;
}

export interface StoreOptions {
  paths: Paths;
  signal: () => AbortSignal;
  /** Told what another program removed from the file, once. */
  alert: (message: string) => void;
}

/** What the parts of a store share. */
export interface StoreTools extends StoreOptions {
  snapshot: ReadSnapshot;
  /** What this run has said of losses. */
  said: Set<string>;
}
