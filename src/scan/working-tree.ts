import { join, sep } from "node:path";
import { inspectTarget, realTarget } from "../system/files.ts";
import { type BytePath, isDirectory, isRealDirectory, joinBytes, walkFiles } from "../system/pieces.ts";
import { lfsPath } from "./contents.ts";
import { openRepository, type Repository } from "./repository.ts";
import { onUnreadable, scanFile, showPath } from "./scan-file.ts";
import { type Scan, skip } from "./search-places.ts";

/**
 * The files below a directory that git tracks or would add, and as a note the ignored ones, except for directories that
 * are ignored as a whole. Returns the repositories in it, such as submodules, whose files are looked at too.
 */
export async function scanTree(scan: Scan, repository: Repository, directory: string): Promise<Repository[]> {
  const onComplaint = (reason: string) => skip(scan, showPath(scan, directory), reason);
  const listed = ["-C", directory, "ls-files", "-z", "--exclude-standard", "--others"];
  const list = (...args: string[]) => repository.git.list([...listed, ...args], { onComplaint });
  const below: Repository[] = [];
  const files = insideOf(directory);
  const lfsObjects = new Set<string>();
  const onLfsPointer = (object: string) => void lfsObjects.add(object);
  let last: Buffer | undefined;
  for await (const name of list("--cached")) {
    // A file with a conflict is listed once for each side.
    if (last?.equals(name)) continue;
    last = name;
    const path = files(name);
    if (path === undefined) skip(scan, showPath(scan, joinBytes(directory, name)), BEHIND_LINK, NOTE);
    else if (isDirectory(path)) below.push(...(await scanNested(scan, repository, String(path))));
    else await scanFile(scan, path, { onLfsPointer });
  }
  for await (const name of list("--ignored", "--directory")) {
    const path = files(name);
    if (path === undefined) continue;
    if (isDirectory(path)) skip(scan, showPath(scan, path), "git ignores the directory", NOTE);
    else await scanFile(scan, path, { ignored: true });
  }
  for (const object of lfsObjects) await scanLfsObject(scan, repository, object);
  return below;
}

const NOTE = { incomplete: false };
const BEHIND_LINK = "it is behind a symbolic link, which is not followed";

/**
 * Gives the path of a file that git lists. Undefined if one of its directories is a symbolic link now, because that can
 * lead out of the repository.
 */
function insideOf(root: string): (name: Buffer) => BytePath | undefined {
  const real = realTarget(join(root, "."));
  const checked = new Map<string, boolean>();
  return (name) => {
    const folder = joinBytes(real, name.subarray(0, Math.max(0, name.lastIndexOf(SLASH, -2))));
    const key = folder.toString("latin1");
    let isInside = checked.get(key);
    if (isInside === undefined) {
      isInside = isRealDirectory(folder);
      checked.set(key, isInside);
    }
    return isInside ? joinBytes(real, name) : undefined;
  };
}

const SLASH = "/".charCodeAt(0);

/** The content that a pointer of git-lfs stands for, where it is on this machine. */
async function scanLfsObject(scan: Scan, { commonDirectory }: Repository, object: string): Promise<void> {
  const path = lfsPath(commonDirectory, object);
  if (inspectTarget(path)) await scanFile(scan, path);
  else skip(scan, `git-lfs object ${object}`, "its content is not on this machine");
}

/** A submodule, or another repository in the working tree. */
async function scanNested(scan: Scan, parent: Repository, path: string): Promise<Repository[]> {
  const directory = path.replace(/[\\/]$/, "");
  const nested = await openRepository(scan.cli, directory, false);
  // A submodule that is not checked out is an empty directory of its parent.
  if (!nested || nested.directory === parent.directory) return [];
  return [nested, ...(await scanTree(scan, nested, directory))];
}

/** Every file below a directory that is in no repository. */
export async function scanDirectory(scan: Scan, directory: BytePath): Promise<void> {
  const onError = onUnreadable(scan);
  const enters = (name: string, _depth: number, path: BytePath) => {
    if (name !== ".git") return true;
    skip(scan, showPath(scan, path), "a repository; `--history` in it looks at its objects", NOTE);
    return false;
  };
  for (const path of walkFiles(directory, { onError, enters }))
    if (!isOwn(scan, path)) await scanFile(scan, path);
}

/** The contexts file and our own directory beside it are where tokens belong. */
export function isOwn({ cli }: Scan, path: BytePath): boolean {
  const { file, own } = cli.store.paths;
  return String(path) === file || String(path).startsWith(own + sep);
}
