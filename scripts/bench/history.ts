import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";

const COMMITS = 6_000;
const FILES = 600;
const FILES_OF_COMMIT = 3;
const LINES = 70;
const WORDS_OF_LINE = 9;

/** Makes a git repository of about 30,000 objects, most of them changes of others, as in a project of some years. */
export async function makeHistory({ folder, environment }: Sandbox): Promise<string> {
  const path = join(folder, "history");
  mkdirSync(path);
  const git = async (args: string[], stdin: Buffer | "ignore" = "ignore") => {
    const options = { cwd: path, env: environment(), stdin, stdout: "ignore", stderr: "pipe" } as const;
    const child = Bun.spawn(["git", ...args], options);
    const stderr = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  };
  await git(["init", "--quiet", "--initial-branch=main"]);
  await git(["fast-import", "--quiet"], Buffer.from([...commits()].join("")));
  await git(["checkout", "--quiet", "main"]);
  await git(["gc", "--quiet"]);
  return path;
}

/** For `git fast-import`. */
function* commits(): Generator<string> {
  const random = pseudoRandom();
  const line = () => Array.from({ length: WORDS_OF_LINE }, () => random(2 ** 40).toString(16)).join(" ");
  const files = new Map<string, string[]>();
  for (let number = 0; number < COMMITS; number += 1) {
    yield `commit refs/heads/main\ncommitter a <a@bench.test> ${1_600_000_000 + number * 60} +0000\ndata 6\nchange\n`;
    for (let count = 0; count < FILES_OF_COMMIT; count += 1) {
      const file = random(FILES);
      const name = `src/part-${file % 40}/file-${file}.py`;
      const lines = files.get(name) ?? Array.from({ length: LINES }, line);
      files.set(name, lines);
      lines[random(LINES)] = line();
      const text = lines.join("\n");
      yield `M 100644 inline ${name}\ndata ${text.length}\n${text}\n`;
    }
  }
}

/** Gives the next pseudo-random number below `limit`. The seed is fixed, so every run makes an equal repository. */
function pseudoRandom(): (limit: number) => number {
  let state = 7;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * limit);
  };
}
