import { type Git, LINE_FEED } from "./git.ts";

/** A path that an object has, and the commit that gave it. */
export interface Origin {
  /** Null for what is not committed. */
  commit: string | null;
  path: string;
}

const MOST_NAMED = 500;

/**
 * Where blobs are: each path that a commit gave one, with the oldest such commit, also of commits that no branch reaches.
 * One pass over all commits, made only when something was found.
 */
export async function locateBlobs(git: Git, blobs: ReadonlySet<string>): Promise<Map<string, Origin[]>> {
  const oldest = new Map<string, Origin & { blob: string; time: number }>();
  if (blobs.size === 0) return new Map();
  // More names would not fit into the arguments of a program.
  const wanted = blobs.size > MOST_NAMED ? [] : [...blobs].map((name) => `--find-object=${name}`);
  const args = ["diff-tree", "--stdin", "-r", "-m", "--root", "--raw", "-z", "--no-renames", "--no-abbrev"];
  const input = allCommits(git);
  let commit = "";
  let time = 0;
  let blob: string | undefined;
  for await (const part of git.list([...args, "--format=%H %ct", ...wanted], { input })) {
    const text = part.toString();
    if (blob !== undefined) {
      const key = `${blob} ${text}`;
      if (blobs.has(blob) && !(time >= (oldest.get(key)?.time ?? Number.POSITIVE_INFINITY)))
        oldest.set(key, { commit, path: text, blob, time });
      blob = undefined;
    } else if (text.trimStart().startsWith(":")) blob = text.split(" ")[3] ?? "";
    else {
      const [name = "", seconds] = text.trim().split(" ");
      commit = name;
      time = Number(seconds);
    }
  }
  return Map.groupBy(oldest.values(), ({ blob }) => blob);
}

/** Every commit that the repository has, reachable or not. */
async function* allCommits(git: Git): AsyncGenerator<string> {
  const format = "--batch-check=%(objecttype) %(objectname)";
  const batch = ["cat-file", "--batch-all-objects", "--unordered", "--buffer", format];
  for await (const line of git.list(batch, { separator: LINE_FEED })) {
    const [type, name] = line.toString("latin1").split(" ");
    if (type === "commit") yield `${name}\n`;
  }
}
