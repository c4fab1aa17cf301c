import { isAbsolute, relative, sep } from "node:path";
import { CliError } from "../errors.ts";
import { type BytePath, readInPieces } from "../system/pieces.ts";
import { codeOf, NotRegularError, reasonFor } from "../system/storage-error.ts";
import { compressionOf, lfsObjectOf } from "./contents.ts";
import type { Hit } from "./search.ts";
import { addFinding, isPauseDue, LineCounter, pause, type Scan, skip } from "./search-places.ts";
import { TarMembers } from "./tar-members.ts";

interface FileOptions {
  ignored?: boolean;
  /** Told the content that this file stands for: git-lfs keeps it elsewhere. */
  onLfsPointer?: (object: string) => void;
}

/** Searches one file, its name too. A file that is gone meanwhile holds nothing. */
export async function scanFile(
  scan: Scan,
  path: BytePath,
  { ignored = false, onLfsPointer }: FileOptions = {},
): Promise<void> {
  const { search, totals } = scan;
  const shown = showPath(scan, path);
  const inName = [...search.push(Buffer.from(path as string)), ...search.finish()];
  for (const hit of inName) addFinding(scan, hit, { path: shown, ignored });
  const hits: Hit[] = [];
  const members = new TarMembers();
  let isFirst = true;
  try {
    for (const count of readInPieces(path, () => search.room)) {
      if (isFirst) noteContent(scan, shown, search.room.subarray(0, count), onLfsPointer);
      isFirst = false;
      noteMembers(scan, shown, members.push(search.room.subarray(0, count)));
      totals.bytes += count;
      hits.push(...search.advance(count));
      if (isPauseDue(scan)) await pause(scan);
    }
    totals.files += 1;
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return;
    const reason = error instanceof NotRegularError ? "it is not a regular file" : reasonFor(codeOf(error));
    if (reason === "") throw error;
    skip(scan, shown, reason, { incomplete: !(error instanceof NotRegularError) });
  } finally {
    hits.push(...search.finish());
  }
  if (hits.length === 0) return;
  const lines = countLines(scan, path, hits);
  for (const hit of hits) addFinding(scan, hit, { path: shown, line: lines.lineAt(hit.offset), ignored });
}

/** For `walkFiles`: records that a path could not be listed or read. */
export function onUnreadable(scan: Scan): (path: BytePath, error: unknown) => void {
  return (path, error) => skip(scan, showPath(scan, path), reasonFor(codeOf(error)));
}

function noteContent(
  scan: Scan,
  shown: string,
  beginning: Buffer,
  onLfsPointer: FileOptions["onLfsPointer"],
): void {
  const compression = compressionOf(beginning, 0, beginning.length);
  if (compression) skip(scan, shown, `${compression}, not looked into`, { incomplete: false });
  const object = onLfsPointer && lfsObjectOf(beginning, 0, beginning.length);
  if (object !== undefined) onLfsPointer?.(object);
}

/** The layers of an image are what it is made of, so one that cannot be looked into is more than a note. */
export function noteMembers(scan: Scan, shown: string, members: ReturnType<TarMembers["push"]>): void {
  for (const { name, kind, isLayer } of members)
    if (isLayer)
      skip(scan, shown, `${name} in it is ${kind}: unpack it, and give \`scan -\` what zcat prints`);
    else skip(scan, shown, `${name} in it is ${kind}, not looked into`, { incomplete: false });
}

function countLines({ search }: Scan, path: BytePath, hits: readonly Hit[]): LineCounter {
  const counter = new LineCounter(hits.map(({ offset }) => offset));
  try {
    for (const count of readInPieces(path, () => search.room)) counter.push(search.room.subarray(0, count));
  } catch {
    // It is gone meanwhile.
  }
  return counter;
}

/** Relative to the working directory where it is below it. */
export function showPath({ cli }: Scan, path: BytePath): string {
  const text = String(path);
  const short = relative(cli.cwd(), text);
  return short === "" || short === ".." || short.startsWith(`..${sep}`) || isAbsolute(short) ? text : short;
}
