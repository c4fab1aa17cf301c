import { resolve } from "node:path";
import type { Cli } from "../app.ts";
import { usageError } from "../errors.ts";
import { inspectTarget, realTarget } from "../system/files.ts";
import { homeDirectory, requireExactPath } from "../system/runtime.ts";
import { scanHistory } from "./history.ts";
import { scanHome } from "./home-places.ts";
import { scanPushed } from "./pushed.ts";
import { isIgnored, openRepository, type Repository } from "./repository.ts";
import { scanFile } from "./scan-file.ts";
import { createScan, type Scan } from "./search-places.ts";
import { scanStaged } from "./staged.ts";
import { scanInput } from "./stdin.ts";
import { describeTotals } from "./totals.ts";
import { scanDirectory, scanTree } from "./working-tree.ts";
import { gatherValues } from "./values.ts";

interface ScanOptions {
  /** Files and directories; the whole repository when there are none. `-` is standard input. */
  paths: readonly string[];
  staged: boolean;
  /** The remote, for what a push would send there; git's hook has the list of that on standard input. */
  pushed: string | undefined;
  history: boolean;
  home: boolean;
}

/** Looks for every token that this user has or had. */
export async function runScan(cli: Cli, options: ScanOptions): Promise<Scan> {
  const { values, unread } = await gatherValues(cli, { asksStores: true });
  const scan = createScan(cli, values);
  scan.skipped.push(...unread);
  const progress = () => `Looking for API tokens: ${describeTotals(scan.totals)}`;
  await cli.wait(progress, () => scanPlaces(scan, options));
  return scan;
}

async function scanPlaces(scan: Scan, { paths, staged, pushed, history, home }: ScanOptions): Promise<void> {
  const { cli } = scan;
  if (paths[0] === "-") return scanInput(scan);
  if (staged || pushed !== undefined) {
    const repository = await openRepository(cli, cli.cwd(), true);
    if (!repository?.top)
      throw usageError("this directory is in no working tree of a git repository", "change to one");
    return pushed === undefined ? scanStaged(scan, repository) : scanPushed(scan, repository, pushed);
  }
  const areNamed = paths.length > 0;
  if (areNamed || history || !home)
    for (const path of areNamed ? paths : [undefined]) await scanPath(scan, path, history);
  if (home) await scanHome(scan, homeDirectory(cli.env));
}

async function scanPath(scan: Scan, given: string | undefined, history: boolean): Promise<void> {
  const { cli } = scan;
  const path = requireExactPath(resolve(cli.cwd(), given ?? "."), "a path to look at");
  const stats = inspectTarget(path);
  if (!stats) throw usageError(`there is no ${given}`);
  if (!stats.isDirectory()) {
    if (history) throw usageError(`${given} is a file; --history takes a repository`);
    if (!stats.isFile())
      throw usageError(`${given} is not a regular file`, "`bentocloud scan -` reads a pipe");
    return scanFile(scan, realTarget(path));
  }
  const repository = await openRepository(cli, path, given === undefined);
  if (!repository && history)
    throw usageError(
      `${path} is in no git repository`,
      "change to one, or name it: `bentocloud scan --history PATH`",
    );
  // A directory that git ignores is searched when the user names it.
  if (!repository || (given !== undefined && (await isIgnored(repository)))) return scanDirectory(scan, path);
  const repositories: Repository[] = [repository];
  const { top } = repository;
  if (top === undefined && !history)
    throw usageError("a bare repository has no files", "`bentocloud scan --history` looks at its objects");
  if (top !== undefined)
    repositories.push(...(await scanTree(scan, repository, given === undefined ? top : path)));
  const covered = new Set(repositories.map(({ commonDirectory }) => commonDirectory));
  if (history) for (const one of repositories) await scanHistory(scan, one, covered);
}
