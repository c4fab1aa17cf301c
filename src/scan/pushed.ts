import { readStdin } from "../system/input.ts";
import { reportObjects } from "./history.ts";
import type { Origin } from "./locate-objects.ts";
import { LINE_FEED } from "./git.ts";
import type { Repository } from "./repository.ts";
import { searchObjects } from "./search-objects.ts";
import type { Scan } from "./search-places.ts";

/**
 * What a push would send: the objects of the commits that the remote is not known to have. Git tells its `pre-push` hook
 * on standard input what is pushed: on each line a local ref, its object, a remote ref and its object.
 */
export async function scanPushed(scan: Scan, repository: Repository, remote: string): Promise<void> {
  const lines = Buffer.from(await readStdin(scan.cli.signal))
    .toString()
    .split("\n");
  const tips = lines.map((line) => line.split(" ")[1] ?? "").filter((name) => !/^0*$/.test(name));
  if (tips.length === 0) return;
  const paths = new Map<string, Origin[]>();
  // Git reads the tips when it comes to `--stdin`, before `--not` turns the meaning of what follows around.
  const args = ["rev-list", "--objects", "--stdin", "--not", `--remotes=${remote}`];
  const input = tips.map((name) => `${name}\n`);
  for await (const line of repository.git.list(args, { input, separator: LINE_FEED })) {
    const [name = "", path = ""] = line.toString().split(/ (.*)/s);
    paths.set(name, [{ commit: null, path }]);
  }
  const names = [...paths.keys()].map((name) => `${name}\n`);
  const hits = await searchObjects(scan, repository, [names]);
  await reportObjects(scan, repository, hits, paths);
}
