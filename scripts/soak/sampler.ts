import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Home } from "../../test/support/home.ts";
import type { PeerWrite } from "./peers.ts";

/** A file as either program writes it. Any other file has to be parsed, which takes longer. */
const USUAL =
  /^contexts:(?: \[\]\n|\n(?:- api_token: .+\n {2}email: .+\n {2}endpoint: .+\n {2}name: .+\n)+)current_context_name: .+\n$/;

/** The kernel takes the time of a change from a clock that ticks every 10 ms, and later when the machine is overloaded. */
const TICK_MS = 50;

/** A state of the file that was not complete. Times as in `Date.now()`. */
export interface BadState {
  /** Null when there was no file. */
  inode: number | null;
  changedAt: number;
  bytes: number;
  /** The end of its text. */
  tail: string;
  seenFrom: number;
  seenUntil: number;
  samples: number;
}

export interface Sampler {
  readonly samples: number;
  stop(): Promise<BadState[]>;
}

/** Reads the file about once a millisecond. */
export function startSampler(home: Home): Sampler {
  const bad = new Map<string, BadState>();
  let samples = 0;
  const stopping = new AbortController();
  const done = (async () => {
    while (!stopping.signal.aborted) {
      samples += 1;
      const state = look(home.file);
      if (state !== "complete") remember(bad, state);
      await Bun.sleep(1);
    }
  })();
  return {
    get samples() {
      return samples;
    },
    async stop() {
      stopping.abort();
      await done;
      return [...bad.values()];
    },
  };
}

function look(path: string): "complete" | BadState {
  const seenFrom = Date.now();
  const seen = () => ({ seenFrom, seenUntil: Date.now(), samples: 1 });
  let descriptor;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return { inode: null, changedAt: seenFrom, bytes: 0, tail: "", ...seen() };
  }
  try {
    const text = readFileSync(descriptor, "latin1");
    if (USUAL.test(text) || isComplete(text)) return "complete";
    const { ino, mtimeMs } = fstatSync(descriptor);
    return { inode: ino, changedAt: mtimeMs, bytes: text.length, tail: text.slice(-80), ...seen() };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Two writes of Python's at once can leave a file that reads well and has a blank line or a key too many. Ours keep what
 * they do not know, so it is no sign of a partial write of ours.
 */
function isComplete(text: string): boolean {
  try {
    const { contexts, current_context_name: current } = parse(text, { schema: "failsafe" });
    const isText = (value: unknown) => typeof value === "string" && value !== "";
    const isWhole = (entry: Record<string, unknown>) =>
      ["name", "endpoint", "api_token"].every((key) => isText(entry[key]));
    return text.endsWith("\n") && isText(current) && contexts.every(isWhole);
  } catch {
    return false;
  }
}

function remember(bad: Map<string, BadState>, state: BadState): void {
  const key = `${state.inode} ${state.changedAt} ${state.bytes}`;
  const { seenFrom, samples } = bad.get(key) ?? { ...state, samples: 0 };
  bad.set(key, { ...state, seenFrom, samples: samples + 1 });
}

/**
 * Whether Python caused a bad state: it was seen while Python wrote into this inode, or the inode was last changed during
 * such a write. While Python has an inode open, it cannot become the inode of another file. All other bad states are ours.
 */
export function isCausedByPeer(state: BadState, writes: readonly PeerWrite[]): boolean {
  return writes.some(
    ({ inode, begin, end }) =>
      inode === state.inode &&
      ((begin - TICK_MS <= state.changedAt && state.changedAt <= end) ||
        (begin - 1 <= state.seenFrom && state.seenUntil <= end + 1)),
  );
}
