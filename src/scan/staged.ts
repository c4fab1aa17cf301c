import { joinBytes } from "../system/pieces.ts";
import { reportObjects } from "./history.ts";
import type { Origin } from "./locate-objects.ts";
import type { Repository } from "./repository.ts";
import { searchObjects } from "./search-objects.ts";
import { showPath } from "./scan-file.ts";
import { addFinding, type Scan } from "./search-places.ts";

/** What a commit would take: the files that differ between the index and HEAD, as they are in the index. */
export async function scanStaged(scan: Scan, repository: Repository): Promise<void> {
  const staged = new Map<string, Origin[]>();
  for await (const { name, object } of listStaged(repository)) {
    const path = showPath(scan, joinBytes(repository.top ?? "", name));
    for (const hit of [...scan.search.push(name), ...scan.search.finish()]) addFinding(scan, hit, { path });
    staged.set(object, [...(staged.get(object) ?? []), { commit: null, path }]);
  }
  scan.totals.files += staged.size;
  if (staged.size === 0) return;
  const names = [...staged.keys()].map((name) => `${name}\n`);
  const hits = await searchObjects(scan, repository, [names]);
  await reportObjects(scan, repository, hits, staged);
}

const GITLINK = "160000";

interface StagedFile {
  name: Buffer;
  object: string;
}

async function* listStaged(repository: Repository): AsyncGenerator<StagedFile> {
  try {
    yield* listChanged(repository);
  } catch (error) {
    const hasHead = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
    if ((await repository.git.ask(hasHead)).code === 0) throw error;
    // Before the first commit, all of the index is new.
    yield* listIndex(repository);
  }
}

async function* listChanged({ git }: Repository): AsyncGenerator<StagedFile> {
  const args = ["diff-index", "--cached", "--raw", "-z", "-r", "--no-renames", "--no-abbrev", "HEAD"];
  let object: string | undefined;
  for await (const part of git.list(args)) {
    if (object === undefined) object = newObject(part.toString("latin1"));
    else {
      if (object !== "") yield { name: part, object };
      object = undefined;
    }
  }
}

async function* listIndex({ git, top }: Repository): AsyncGenerator<StagedFile> {
  for await (const entry of git.list(["-C", top ?? ".", "ls-files", "--stage", "-z"])) {
    const tab = entry.indexOf("\t");
    const [mode, object = ""] = entry.toString("latin1", 0, tab).split(" ");
    if (mode !== GITLINK) yield { name: entry.subarray(tab + 1), object };
  }
}

/** The content after the change that a line of a raw diff describes; empty for a deletion and for a submodule. */
function newObject(raw: string): string {
  const [, mode, , object = ""] = raw.split(" ");
  return mode === GITLINK || /^0+$/.test(object) ? "" : object;
}
