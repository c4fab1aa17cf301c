import { basename, dirname, join } from "node:path";
import { inspect } from "../system/files.ts";
import { type BytePath, readInPieces, walkFiles } from "../system/pieces.ts";
import { reasonIn } from "./git.ts";
import { locateBlobs, type Origin } from "./locate-objects.ts";
import type { ObjectHit } from "./objects.ts";
import { isPartialClone, openGitDirectory, type Repository } from "./repository.ts";
import { onUnreadable, scanFile, showPath } from "./scan-file.ts";
import { searchAllObjects } from "./search-objects.ts";
import { addFinding, LineCounter, type Scan, skip } from "./search-places.ts";

/** Every object of a repository, reachable or not, and what git keeps beside them: refs, reflogs, configuration. */
export async function scanHistory(
  scan: Scan,
  repository: Repository,
  /** The git directories whose objects are looked at in this run. */
  covered: ReadonlySet<string>,
): Promise<void> {
  const { directory, commonDirectory, isShallow } = repository;
  const isPartial = await isPartialClone(repository);
  const shown = showPath(scan, commonDirectory);
  if (isShallow) skip(scan, shown, "a shallow clone: older commits are only on its server");
  if (isPartial) skip(scan, shown, "a partial clone: some objects are only on its server");
  // Git leaves a missing object out when it lists all objects.
  const tips = await repository.git.ask(["rev-list", "--no-walk", "--all", "--quiet"]);
  if (tips.code !== 0) skip(scan, shown, `objects are missing: ${reasonIn(tips.stderr)}`);
  checkPacks(scan, join(commonDirectory, "objects/pack"));
  const hits = await searchAllObjects(scan, repository);
  const blobs = new Set(hits.filter(({ type }) => type === "blob").map(({ name }) => name));
  // To compare commits, git would need trees that a partial clone may lack.
  const origins = isPartial ? new Map<string, Origin[]>() : await locateBlobs(repository.git, blobs);
  await reportObjects(scan, repository, hits, origins);
  for (const folder of new Set([commonDirectory, directory]))
    for (const other of await scanGitDirectory(scan, folder, covered))
      await scanHistory(scan, await openGitDirectory(scan.cli, other), new Set([...covered, other]));
}

/** Git ignores a pack that has no index, or whose index it may not read, without a word. So every pack is looked at here. */
function checkPacks(scan: Scan, folder: string): void {
  const onError = onUnreadable(scan);
  if (!inspect(folder)) return;
  for (const path of walkFiles(folder, { onError }))
    try {
      const pieces = readInPieces(path, () => scan.search.room);
      pieces.next();
      pieces.return(undefined);
      if (String(path).endsWith(".pack") && !inspect(String(path).replace(/pack$/, "idx")))
        skip(scan, showPath(scan, path), "a pack without an index, which `git index-pack` makes");
    } catch (error) {
      onError(path, error);
    }
}

/** @param origins where each blob is, as far as that is known */
export async function reportObjects(
  scan: Scan,
  repository: Repository,
  hits: readonly ObjectHit[],
  origins: ReadonlyMap<string, readonly Origin[]>,
): Promise<void> {
  const lines = await countLines(repository, hits);
  for (const { hit, name, type } of hits) {
    const line = type === "tree" ? null : (lines.get(name)?.lineAt(hit.offset) ?? null);
    const unknown: Origin = { commit: type === "commit" ? name : null, path: "" };
    for (const { commit, path } of origins.get(name) ?? [unknown])
      addFinding(scan, hit, { path: path || null, line, commit: commit ?? unknown.commit, object: name });
  }
}

/** Each is one more program to start. */
const MOST_COUNTED = 200;

async function countLines(
  { git }: Repository,
  hits: readonly ObjectHit[],
): Promise<Map<string, LineCounter>> {
  const counters = new Map<string, LineCounter>();
  for (const [name, own] of [...Map.groupBy(hits, ({ name }) => name)].slice(0, MOST_COUNTED)) {
    const counter = new LineCounter(own.map(({ hit }) => hit.offset));
    for await (const chunk of git.start(["cat-file", own[0]!.type, name]).stdout) counter.push(chunk);
    counters.set(name, counter);
  }
  return counters;
}

/**
 * All of a git directory but the objects, which are compressed. Returns the git directories in it that are not covered:
 * that of a submodule stays in `modules` when the submodule is removed.
 */
async function scanGitDirectory(scan: Scan, folder: string, covered: ReadonlySet<string>): Promise<string[]> {
  const others: string[] = [];
  const onError = onUnreadable(scan);
  const enters = (name: string, _depth: number, path: BytePath) => {
    const owner = dirname(String(path));
    if (name !== "objects" || basename(owner) === "lfs") return true;
    if (!covered.has(owner)) others.push(owner);
    return false;
  };
  for (const path of walkFiles(folder, { onError, enters })) await scanFile(scan, path);
  return others;
}
