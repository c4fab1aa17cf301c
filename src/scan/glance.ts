import type { Cli } from "../app.ts";
import { requireExpected } from "../errors.ts";
import { joinBytes } from "../system/pieces.ts";
import { isLeak } from "./conclude.ts";
import { openRepository } from "./repository.ts";
import { scanFile } from "./scan-file.ts";
import { createScan, type Scan } from "./search-places.ts";
import { gatherValues } from "./values.ts";

/** Files into which people put a token, and which they sometimes commit. */
const SUSPECTS =
  /(?:^|\/)(?:\.env(?:\.[^/]*)?|[^/]*\.env|\.envrc|\.yatai\.yaml|\.netrc|\.bentorc|bentofile\.ya?ml|Dockerfile|(?:docker-)?compose\.ya?ml)$/;
const LONGEST_MS = 50;
/** So many names are looked at in any case: a busy machine hides no leak in a small repository. */
const FEWEST_NAMES = 1000;

/**
 * The files that git tracks here and that hold a token of this user's, as far as a short look at the usual ones shows.
 * Undefined where there is nothing to look at. An error is no failure of the caller's: `scan` tells what is wrong.
 */
export async function glanceAtRepository(cli: Cli): Promise<string[] | undefined> {
  try {
    const { values } = await gatherValues(cli, { asksStores: false });
    const scan = createScan(cli, values);
    if (values.length === 0 || !(await scanSuspects(scan))) return undefined;
    return [...new Set(scan.findings.filter(isLeak).flatMap(({ path }) => path ?? []))];
  } catch (error) {
    return void requireExpected(error);
  }
}

/** False where there is no working tree. */
async function scanSuspects(scan: Scan): Promise<boolean> {
  const end = performance.now() + LONGEST_MS;
  const repository = await openRepository(scan.cli, scan.cli.cwd(), true);
  if (repository?.top === undefined) return false;
  let names = 0;
  for await (const name of repository.git.list(["-C", repository.top, "ls-files", "-z", "--cached"])) {
    names += 1;
    if (names > FEWEST_NAMES && performance.now() > end) break;
    if (SUSPECTS.test(name.toString())) await scanFile(scan, joinBytes(repository.top, name));
  }
  return true;
}
