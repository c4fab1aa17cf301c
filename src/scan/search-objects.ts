import { cancelled } from "../errors.ts";
import { inspectTarget } from "../system/files.ts";
import { countProcessors } from "../system/machine.ts";
import { releaseMemory } from "../system/runtime.ts";
import { lfsPath } from "./contents.ts";
import { type Git, gitFailed, LINE_FEED, reasonIn } from "./git.ts";
import { type ObjectHit, ObjectStream } from "./objects.ts";
import type { Repository } from "./repository.ts";
import { showPath } from "./scan-file.ts";
import { type Scan, skip } from "./search-places.ts";

/** Most of the time goes into git's unpacking of objects; two of them keep our search busy. */
const MOST_READERS = 2;

/** Every object that the repository has, reachable or not. */
export function searchAllObjects(scan: Scan, repository: Repository): Promise<ObjectHit[]> {
  const shown = showPath(scan, repository.commonDirectory);
  const onComplaint = (reason: string) => skip(scan, shown, reason);
  const names = nameBlocks(repository.git, onComplaint);
  // Without `return`, a reader that ends early does not end the list for the others.
  const shared: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => ({ next: () => names.next() }) };
  const readers = Math.min(MOST_READERS, countProcessors());
  return searchObjects(
    scan,
    repository,
    Array.from({ length: readers }, () => shared),
  );
}

/**
 * All names in the order in which git stores the objects, in blocks of whole lines: what is stored together is read
 * together, because objects are kept as changes of their neighbours.
 */
async function* nameBlocks(
  git: Git,
  onComplaint: (reason: string) => void,
): AsyncGenerator<Buffer, undefined> {
  const args = ["cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch-check=%(objectname)"];
  const { stdout, ended } = git.start(args);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stdout) {
    const lines = Buffer.concat([rest, chunk]);
    const end = lines.lastIndexOf(LINE_FEED) + 1;
    rest = lines.subarray(end);
    if (end > 0) yield lines.subarray(0, end);
  }
  const { code, stderr } = await ended;
  if (code !== 0) throw gitFailed(stderr);
  // An object that it cannot read is missing from the list, and that is no failure.
  if (stderr !== "") onComplaint(`git could not list every object: ${reasonIn(stderr)}`);
}

/** Reads objects with one process of git for each of the inputs, which have a name in each line. */
export async function searchObjects(
  scan: Scan,
  { git, commonDirectory }: Repository,
  inputs: readonly (Iterable<string> | AsyncIterable<Buffer>)[],
): Promise<ObjectHit[]> {
  const streams = await Promise.all(inputs.map((input) => readObjects(scan, git, input)));
  if (scan.cli.signal.aborted) throw cancelled();
  const shown = showPath(scan, commonDirectory);
  for (const { error } of streams)
    if (error !== undefined) skip(scan, shown, `git could not read every object: ${error}`);
  const missing = streams.flatMap(({ stream }) => stream.missing).length;
  if (missing > 0) skip(scan, shown, `${missing} objects are missing`);
  const compressed = streams.reduce((sum, { stream }) => sum + stream.compressed, 0);
  if (compressed > 0)
    skip(scan, shown, `${compressed} archives and images in it, not looked into`, { incomplete: false });
  const lfsObjects = new Set(streams.flatMap(({ stream }) => [...stream.lfsObjects]));
  const elsewhere = [...lfsObjects].filter((object) => !inspectTarget(lfsPath(commonDirectory, object)));
  if (elsewhere.length > 0)
    skip(scan, shown, `${elsewhere.length} files whose content git-lfs has only on its server`);
  return streams.flatMap(({ stream }) => stream.hits);
}

const RELEASE_EVERY = 32 * 1024 * 1024;
const GATHERED_BYTES = 128 * 1024;

/** Git writes pieces of 4 KiB, and each piece has its cost. What is yielded is valid until the next one. */
async function* gather(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gathered = Buffer.allocUnsafe(GATHERED_BYTES);
  let size = 0;
  for await (const piece of pieces) {
    if (size + piece.length > gathered.length) {
      yield gathered.subarray(0, size);
      size = 0;
    }
    if (piece.length > gathered.length) yield piece;
    else size += piece.copy(gathered, size);
  }
  yield gathered.subarray(0, size);
}

/** `error` says why git did not read all of it. */
async function readObjects(
  { search, totals }: Scan,
  git: Git,
  input: Iterable<string> | AsyncIterable<Buffer>,
) {
  const stream = new ObjectStream(search.another());
  const { stdout, ended } = git.start(["cat-file", "--batch", "--buffer"], input);
  for await (const chunk of gather(stdout)) {
    const { objects, bytes } = stream;
    stream.push(chunk);
    totals.objects += stream.objects - objects;
    totals.bytes += stream.bytes - bytes;
    if (Math.floor(stream.bytes / RELEASE_EVERY) > Math.floor(bytes / RELEASE_EVERY)) releaseMemory();
  }
  stream.finish();
  const { code, stderr } = await ended;
  return { stream, error: code === 0 && stderr === "" ? undefined : reasonIn(stderr) };
}
