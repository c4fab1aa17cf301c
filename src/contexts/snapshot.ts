import { CliError } from "../errors.ts";
import { type FileText, readRegularFile, storageError } from "../system/files.ts";
import { type ContextsFile, readContexts } from "./file/read.ts";

/** The shared file at one moment: its bytes for comparing, and what they say. */
export interface Snapshot {
  raw: FileText | undefined;
  text: string | undefined;
  file: ContextsFile;
}

/** @throws CliError `CORRUPT` with line and column, or `STORAGE`. */
export type ReadSnapshot = () => Promise<Snapshot>;

const PEER_RETRIES = 6;
const FIRST_PEER_WAIT_MS = 5;
/** Python buffers this much, so that a smaller file appears in one piece. */
const PEER_PIECE_BYTES = 8192;
/** Longer than it takes to make another piece. */
const PEER_PIECE_MS = 40;

/** What no file says. */
export const EMPTY: ContextsFile = { contexts: [], current: { name: "default", line: null }, problems: [] };

/** Looks at the file each time, and parses it again only when it says something else. */
export function snapshotReader(path: string): ReadSnapshot {
  let last: Snapshot | undefined;
  let refused: { raw: FileText; error: unknown } | undefined;

  async function read(raw: FileText | undefined): Promise<Snapshot> {
    if (raw && last?.raw?.bytes.equals(raw.bytes)) return { ...last, raw };
    return (last = await parse(path, raw));
  }

  /**
   * Python bentoml truncates the file, makes the text and then fills it in pieces, so an empty or broken one, or one
   * that ends within a line, may be a write of its in progress and is read again before it is believed.
   */
  return async () => {
    let unended: string | undefined;
    for (let attempt = 0; ; attempt += 1) {
      const raw = readRaw(path);
      if (raw && refused?.raw.bytes.equals(raw.bytes)) throw refused.error;
      try {
        const snapshot = await read(raw);
        if (isWhole(snapshot) || snapshot.text === unended || attempt >= PEER_RETRIES) return snapshot;
        unended = snapshot.text;
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        if (raw && attempt >= PEER_RETRIES) refused = { raw, error };
        if (attempt >= PEER_RETRIES) throw error;
      }
      const { setTimeout: sleep } = await import("node:timers/promises");
      await sleep(unended === undefined ? FIRST_PEER_WAIT_MS * 2 ** attempt : PEER_PIECE_MS);
    }
  };
}

/** Python writes the current context last. */
function isWhole({ raw, text, file }: Snapshot): boolean {
  if (text === undefined || (raw?.bytes.length ?? 0) < PEER_PIECE_BYTES) return true;
  return text.endsWith("\n") && file.current.line !== null;
}

async function parse(path: string, raw: FileText | undefined): Promise<Snapshot> {
  if (!raw) return { raw, text: undefined, file: EMPTY };
  try {
    const text = decode(raw.bytes);
    return { raw, text, file: await readContexts(text) };
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
