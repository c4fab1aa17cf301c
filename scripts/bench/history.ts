import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";

const ROOT = join(import.meta.dir, "../../node_modules");
const SOURCES = new Bun.Glob("**/*.{js,cjs,mjs,ts,md}");
const LARGEST_FILE = 64 * 1024;
const FILES_OF_FIRST_COMMITS = 20;

const COMMITS = 4_000;
const CHANGES_OF_COMMIT = 3;
const LONGEST_CHANGE = 40;

/**
 * Makes a git repository as that of a project of some years: the sources of our dependencies, of which each commit
 * replaces some lines by lines of another file. Words, indentation and the sizes of changes decide how long tools take,
 * so random text would measure something else.
 */
export async function makeHistory({ folder, environment }: Sandbox): Promise<string> {
  const path = join(folder, "history");
  mkdirSync(path);
  const run = async (args: string[], commits: Iterable<string> = []) => {
    const options = {
      cwd: path,
      env: environment(),
      stdin: "pipe",
      stdout: "ignore",
      stderr: "pipe",
    } as const;
    const child = Bun.spawn(["git", ...args], options);
    for (const commit of commits) {
      void child.stdin.write(commit);
      await child.stdin.flush();
    }
    await child.stdin.end();
    const stderr = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  };
  await run(["init", "--quiet", "--initial-branch=main"]);
  await run(["fast-import", "--quiet"], commits());
  await run(["checkout", "--quiet", "main"]);
  await run(["gc", "--quiet"]);
  return path;
}

/** For `git fast-import`. */
function* commits(): Generator<string> {
  const random = pseudoRandom();
  const files = readSources();
  const save = ({ name, lines }: Source) => {
    const text = lines.join("\n");
    return `M 100644 inline ${name}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  };
  let time = 1_600_000_000;
  const commit = (changed: readonly Source[]) => {
    time += 3600;
    const heading = `commit refs/heads/main\ncommitter a <a@bench.test> ${time} +0000\ndata 6\nchange\n`;
    return heading + changed.map((file) => save(file)).join("");
  };
  for (let at = 0; at < files.length; at += FILES_OF_FIRST_COMMITS)
    yield commit(files.slice(at, at + FILES_OF_FIRST_COMMITS));
  // A file is changed as often as it is long.
  const places = files.flatMap((file) => file.lines.map(() => file));
  const pick = () => places[random(places.length)]!;
  for (let count = 0; count < COMMITS; count += 1) {
    const changed = new Set(Array.from({ length: CHANGES_OF_COMMIT }, pick));
    for (const { lines } of changed) {
      const from = pick().lines;
      const start = random(from.length);
      const added = from.slice(start, start + random(LONGEST_CHANGE));
      lines.splice(random(lines.length), random(LONGEST_CHANGE), ...added);
    }
    yield commit([...changed]);
  }
}

interface Source {
  name: string;
  lines: string[];
}

/** In the order of their names, so that every run makes an equal repository. */
function readSources(): Source[] {
  const names = [...SOURCES.scanSync(ROOT)].toSorted();
  return names
    .filter((name) => statSync(join(ROOT, name)).size <= LARGEST_FILE)
    .map((name) => ({ name, lines: readFileSync(join(ROOT, name), "utf8").split("\n") }));
}

/** Gives the next pseudo-random number below `limit`. */
function pseudoRandom(): (limit: number) => number {
  let state = 7;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * limit);
  };
}
