import { dirname, join } from "node:path";
import { CliError } from "../errors.ts";
import { type FileText, inspect, readRegularFile, storageError } from "../system/files.ts";
import type { Change } from "./file/edit.ts";
import { type ContextsFile, readContexts } from "./file/read.ts";
import type { Paths } from "./home.ts";
import type { State } from "./state.ts";

/**
 * The shared file and our own memory beside it. Reading is here, because nearly every command reads and start-up time
 * counts; changing is in `write.ts`, fetched when something changes.
 */
export interface Store {
  paths: Paths;
  /** Never writes and never creates; no file is the same as no contexts. */
  read(): Promise<ContextsFile>;
  /** The same until an update of ours. */
  state(): Promise<State>;
  /**
   * `plan` sees what stands in the file and says what to change; when it throws, nothing was written. It has no effects
   * of its own, because it runs more than once.
   */
  update(plan: (file: ContextsFile, state: State) => Plan): Promise<Outcome>;
  /** Changes only our own memory, as far as that can be done without waiting. Without `create`, never makes one. */
  updateState(change: (state: State) => State, options: { create: boolean }): Promise<void>;
  /** Fails when a later {@link Store.update} could not write, before anything hard to repeat is begun. */
  prepare(): Promise<void>;
}

export interface Plan {
  changes: Change[];
  state?: State;
}

export interface Outcome {
  file: ContextsFile;
  /** The mode the file had, when it was wider than ours and was narrowed by this write. */
  narrowed: number | undefined;
}

export interface StoreOptions {
  paths: Paths;
  signal: () => AbortSignal;
}

export function createStore(options: StoreOptions): Store {
  const { paths } = options;
  let state: Promise<State> | undefined;
  const readState = async () => (await import("./state.ts")).readState(paths.own);
  const forget = () => {
    state = undefined;
  };
  return {
    paths,
    read: async () => (await readSnapshot(paths.file)).file,
    state: () => (state ??= readState()),
    update: async (plan) => (await import("./write.ts")).updateStore(options, plan).finally(forget),
    updateState: async (change, { create }) =>
      (await import("./write.ts")).updateState(options, change, create).finally(forget),
    prepare: async () => (await import("./turn.ts")).requireWritableStore(paths),
  };
}

/** The file at one moment: its bytes for comparing, and what they say. */
export interface Snapshot {
  raw: FileText | undefined;
  text: string | undefined;
  file: ContextsFile;
}

const PEER_RETRIES = 6;
const FIRST_PEER_WAIT_MS = 5;
/** Python buffers this much, so that a smaller file appears in one piece. */
const PEER_PIECE_BYTES = 8192;
/** Longer than it takes to make another piece. */
const PEER_PIECE_MS = 40;
const EMPTY: ContextsFile = { contexts: [], current: { name: "default", line: null }, problems: [] };

/**
 * Python bentoml truncates the file, makes the text and then fills it in pieces, so an empty or broken one, or one
 * that ends within a line, may be a write of its in progress and is read again before it is believed.
 *
 * @throws CliError `CORRUPT` with line and column, or `STORAGE`.
 */
export async function readSnapshot(path: string): Promise<Snapshot> {
  let unended: string | undefined;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const snapshot = await readOnce(path);
      if (isWhole(snapshot) || snapshot.text === unended || attempt >= PEER_RETRIES) return snapshot;
      unended = snapshot.text;
    } catch (error) {
      const maybeBusy = error instanceof CliError && error.code === "CORRUPT";
      if (!maybeBusy || attempt >= PEER_RETRIES) throw error;
    }
    const { setTimeout: sleep } = await import("node:timers/promises");
    await sleep(unended === undefined ? FIRST_PEER_WAIT_MS * 2 ** attempt : PEER_PIECE_MS);
  }
}

function isWhole({ raw, text }: Snapshot): boolean {
  return text === undefined || text.endsWith("\n") || (raw?.bytes.length ?? 0) < PEER_PIECE_BYTES;
}

async function readOnce(path: string): Promise<Snapshot> {
  const raw = readRaw(path);
  if (!raw) return { raw, text: undefined, file: EMPTY };
  try {
    const text = decode(raw.bytes);
    return { raw, text, file: await readContexts(text) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.code, `${path} cannot be read: ${error.message}`, {
      hint: howToMend(path),
      cause: error,
    });
  }
}

/** An earlier version is only worth naming where one is kept. */
function howToMend(path: string): string {
  const backups = join(dirname(path), ".bentocloud", "backups");
  return inspect(backups)
    ? `correct it, or copy an earlier version over it from ${backups}`
    : "correct it, or move it away to start anew";
}

function readRaw(path: string): FileText | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    throw storageError("read", path, error);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const before = bytes.toString("utf8").split("\ufffd")[0] ?? "";
    const lines = before.split("\n");
    const column = (lines.at(-1)?.length ?? 0) + 1;
    throw new CliError("CORRUPT", `it is not UTF-8 text at line ${lines.length}, column ${column}`);
  }
}
