/**
 * Replaces the positions in a stack trace by positions in the sources: `bun scripts/trace.ts [dist/maps] < stack.txt`. The
 * source maps must be from the build that printed the trace.
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";

const maps = process.argv[2] ?? "dist/bentocloud.maps";
const PLACE = /(?:\/\$bunfs|B:[\\/]~BUN)[\\/]root[\\/]([\w.]+):(\d+):(\d+)/g;

process.stdout.write(
  (await Bun.stdin.text()).replaceAll(PLACE, (place, name: string, line: string, column: string) => {
    const file = join(maps, `${name}.map`);
    if (!existsSync(file)) return place;
    const entry = new SourceMap(JSON.parse(readFileSync(file, "utf8"))).findEntry(
      Number(line) - 1,
      Number(column) - 1,
    );
    if (!("originalSource" in entry)) return place;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  }),
);
