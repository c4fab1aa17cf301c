import { CliError } from "../errors.ts";
import { type FileText, readRegularFile } from "../system/read-file.ts";
import { storageError } from "../system/storage-error.ts";
import { DEFAULT_CURRENT } from "../yaml/contexts-file.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";

/** The shared file at one moment: its bytes for comparing, and what they say. */
export interface Snapshot {
  raw: FileText | undefined;
  text: string | undefined;
  file: ContextsFile;
  /** Whether Python bentoml may still be writing it: never write back a partial read, it would truncate the file. */
  isUnfinished: boolean;
}

/**
 * A file that looks unfinished is accepted once it has been unchanged for `settleMs`.
 *
 * @throws CliError `CORRUPT` with line and column, or `STORAGE`.
 */
export type ReadSnapshot = (settleMs?: number) => Promise<Snapshot>;

/** What no file says. */
export const EMPTY: ContextsFile = {
  contexts: [],
  current: { name: DEFAULT_CURRENT, line: null },
  problems: [],
};

/** Python bentoml truncates the file, then fills it in pieces of a page or more, with the current context last. */
const PIECE_BYTES = 4096;
/** For readers. Python bentoml pauses this long between two pieces only on an overloaded machine. */
const SETTLE_MS = 300;
/** For what must not build on a partial read: a write, and a report of a loss. An overloaded machine takes seconds. */
export const WRITER_SETTLE_MS = 5_000;
/** For a file that cannot be read as it is: nothing is built on that. */
const BROKEN_SETTLE_MS = 1_000;
/** The longest wait of one call. Then readers use the file as it is, and a writer starts over (`isUnfinished`). */
const LONGEST_WAIT_MS = 2_000;

/**
 * Looks at the file each time, and parses it again only when it says something else. A file that looks unfinished is
 * read again until it does not, or until nobody has changed it for some time. One that `isOurs` is as we left it.
 */
export function snapshotReader(path: string, isOurs = (_bytes: Buffer) => false): ReadSnapshot {
  let last: Snapshot | undefined;
  return async (settleMs = SETTLE_MS) => {
    const deadline = performance.now() + LONGEST_WAIT_MS;
    for (let wait = 5; ; wait = Math.min(2 * wait, 80)) {
      const raw = readFileText(path);
      const ageMs = raw ? Math.abs(Date.now() - raw.modifiedAt) : Number.POSITIVE_INFINITY;
      const isLate = performance.now() >= deadline;
      try {
        const isSame = raw !== undefined && last?.raw?.bytes.equals(raw.bytes) === true;
        if (!last || !isSame) last = await parseSnapshot(path, raw);
        const mayGrow = raw !== undefined && ageMs < WRITER_SETTLE_MS && looksUnfinished(last);
        const isUnfinished = mayGrow && !isOurs(raw.bytes);
        if (!isUnfinished || ageMs >= settleMs || isLate) return { ...last, raw, isUnfinished };
      } catch (error) {
        const isSettled = ageMs >= Math.min(settleMs, BROKEN_SETTLE_MS);
        if (isSettled || isLate || !(error instanceof CliError)) throw error;
      }
      const { setTimeout: sleep } = await import("node:timers/promises");
      await sleep(wait);
    }
  };
}

function looksUnfinished({ raw, text, file }: Snapshot): boolean {
  if (raw === undefined || raw.bytes.length < PIECE_BYTES) return false;
  return text?.endsWith("\n") !== true || file.current.line === null;
}

async function parseSnapshot(path: string, raw: FileText | undefined): Promise<Snapshot> {
  if (!raw) return { raw, text: undefined, file: EMPTY, isUnfinished: false };
  try {
    const text = decode(raw.bytes);
    return { raw, text, file: await readContexts(text), isUnfinished: false };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.code, `${path} cannot be read: ${error.message}`, {
      hint: "correct it, or run `bentocloud doctor --fix`, which puts it aside",
      cause: error,
    });
  }
}

/** For `catch`: this in the place of a file that cannot be read. */
export function whenCorrupt<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof CliError && error.code === "CORRUPT") return value;
    throw error;
  };
}

const LARGEST = 64 * 1024 * 1024;

/** It may be a link, as dotfile managers make them. @throws CliError `STORAGE` */
export function readFileText(path: string): FileText | undefined {
  try {
    return readRegularFile(path, { limit: LARGEST });
  } catch (error) {
    throw storageError("read", path, error);
  }
}

function decode(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  // Only other bytes become this character, and to load the decoder that refuses them takes longer than to read the file.
  if (!text.includes("\ufffd")) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const before = text.split("\ufffd")[0] ?? "";
    const lines = before.split("\n");
    const column = (lines.at(-1)?.length ?? 0) + 1;
    throw new CliError("CORRUPT", `it is not UTF-8 text at line ${lines.length}, column ${column}`);
  }
}
