import { CliError } from "../errors.ts";
import { type FileText, readRegularFile, realTarget, storageError } from "../system/files.ts";
import { DEFAULT_CURRENT } from "../yaml/fast.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";

/** The shared file at one moment: its bytes for comparing, and what they say. */
export interface Snapshot {
  raw: FileText | undefined;
  text: string | undefined;
  file: ContextsFile;
  /** False when it may be the beginning of what Python bentoml is still writing. */
  isWhole: boolean;
  /** True when it is not whole, and somebody still has it open for writing. */
  isBusy?: boolean;
}

/** @throws CliError `CORRUPT` with line and column, or `STORAGE`. */
export type ReadSnapshot = () => Promise<Snapshot>;

const PEER_RETRIES = 6;
const FIRST_PEER_WAIT_MS = 5;
/** A page: file systems show what Python writes in such pieces, so that a smaller file appears whole. */
const PEER_PIECE_BYTES = 4096;
/** Looked at so often and so far apart, a beginning is believed: longer than it takes to make another piece. */
const PEER_PIECES = 8;
const PEER_PIECE_MS = 40;
/** Who has the file open for writing for longer is not waited for. */
const LONGEST_PEER_MS = 2_000;

/** What no file says. */
export const EMPTY: ContextsFile = {
  contexts: [],
  current: { name: DEFAULT_CURRENT, line: null },
  problems: [],
};

/** Looks at the file each time, and parses it again only when it says something else. */
export function snapshotReader(path: string): ReadSnapshot {
  let last: Snapshot | undefined;
  let believed: string | undefined;
  let refused: { raw: FileText; error: unknown } | undefined;

  async function read(raw: FileText | undefined): Promise<Snapshot> {
    if (raw && last?.raw?.bytes.equals(raw.bytes)) return { ...last, raw };
    return (last = await parse(path, raw));
  }

  /**
   * Python bentoml truncates the file, makes the text and then fills it in pieces, so an empty or broken one, or one
   * that looks like a beginning, may be a write of its in progress and is read again before it is believed.
   */
  return async () => {
    const end = performance.now() + LONGEST_PEER_MS;
    let same = 0;
    let wait = FIRST_PEER_WAIT_MS;
    for (let attempt = 0; ; attempt += 1) {
      const raw = readRaw(path);
      if (raw && refused?.raw.bytes.equals(raw.bytes)) throw refused.error;
      try {
        const before = last;
        const snapshot = await read(raw);
        if (snapshot.isWhole || snapshot.text === believed) return snapshot;
        same = before?.text === snapshot.text ? same + 1 : 0;
        const isLate = performance.now() >= end;
        if (same >= PEER_PIECES || isLate) {
          const isBusy = await isBeingWritten(path);
          if (!isBusy) believed = snapshot.text;
          if (!isBusy || isLate) return { ...snapshot, isBusy };
        }
        wait = PEER_PIECE_MS;
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        if (attempt >= PEER_RETRIES) {
          const isBusy = await isBeingWritten(path);
          if (!isBusy && raw) refused = { raw, error };
          if (!isBusy || performance.now() >= end) throw error;
          wait = PEER_PIECE_MS;
        }
      }
      const { setTimeout: sleep } = await import("node:timers/promises");
      await sleep(wait);
      wait *= 2;
    }
  };
}

async function isBeingWritten(path: string): Promise<boolean> {
  const { hasWriter } = await import("../system/processes.ts");
  return hasWriter(realTarget(path));
}

/** Python writes the current context last. */
function looksWhole(text: string, bytes: number, file: ContextsFile): boolean {
  return bytes < PEER_PIECE_BYTES || (text.endsWith("\n") && file.current.line !== null);
}

export async function parse(path: string, raw: FileText | undefined): Promise<Snapshot> {
  if (!raw) return { raw, text: undefined, file: EMPTY, isWhole: true };
  try {
    const text = decode(raw.bytes);
    const file = await readContexts(text);
    return { raw, text, file, isWhole: looksWhole(text, raw.bytes.length, file) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.code, `${path} cannot be read: ${error.message}`, {
      hint: "correct it, or let `bentocloud doctor --fix` put it aside to start anew",
      cause: error,
    });
  }
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
