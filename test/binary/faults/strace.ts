import { describe, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { home, run } from "../../support/bin.ts";
import type { Home } from "../../support/home.ts";
import { needs, type Right, type Tool } from "../../support/needs.ts";
import { programCommand } from "../../support/program.ts";

const isBinary = (process.env["BENTOCLOUD_RUNTIME"] || "binary") === "binary";

const mayTrace: Right = {
  right: "permission to trace processes",
  isGiven: () => Bun.spawnSync(["strace", "-f", "-qq", "-o", "/dev/null", "true"]).success,
};

/** For tests that watch or change system calls. Those of the binary: other runtimes make other calls. */
export function needsTraceWith(...tools: Tool[]) {
  return isBinary ? needs("strace", mayTrace, ...tools) : { describe: describe.skip, test: test.skip };
}

export const needsTrace = needsTraceWith();

/** Each under all its names: which there are, and which one is made, depends on the processor. */
export const RENAME = "?rename,renameat,renameat2";
export const UNLINK = "?unlink,unlinkat";
const CREATE = "openat,?link,linkat,?mkdir,mkdirat";

/** The calls that change the disk or sync it. */
const WRITING = `${CREATE},write,pwrite64,fsync,fdatasync,fchmod,fchown,${RENAME},${UNLINK}`;

/** Runs the program with faults in the named calls, for example `fsync:error=EIO:when=2`. */
export function tampered(inject: string, trace = "/dev/null"): string[] {
  const [calls] = inject.split(":");
  return [...strace(trace, calls!), "-e", `inject=${inject}`, ...programCommand()];
}

/** Not with `--seccomp-bpf`: some versions then send no signals. */
function strace(trace: string, calls: string): string[] {
  return ["strace", "-f", "-qq", "-o", trace, "-e", `trace=${calls}`];
}

/** One system call of a run: the `number`th of its name. */
export interface Call {
  name: string;
  number: number;
  isOfLock: boolean;
  /** Whether more than a lock may differ after it: not after a sync, nor after a call that failed. */
  changes: boolean;
}

/**
 * Calls of which each finds other files than the one before, so that a process which is killed there leaves something else.
 * Steps of taking and releasing a lock are left out: kills at those have tests of their own, without a store of secrets.
 */
export function statesOf(calls: readonly Call[]): Call[] {
  return calls.filter((_, index) => calls[index - 1]?.changes !== false);
}

/** The calls of a command that change the disk, in order, and the calls in `also`. */
export async function writingCalls(
  args: readonly string[],
  {
    here,
    stdin = null,
    also = [],
    env = {},
  }: { here: Home; stdin?: string | null; also?: string[]; env?: Record<string, string> },
): Promise<Call[]> {
  const trace = join(home().path, "trace");
  const command = [...strace(trace, [WRITING, ...also].join()), ...programCommand()];
  const { code, stderr } = await run(args, { home: here, stdin, command, env });
  if (code !== 0) throw new Error(`the run to be studied failed: ${stderr}`);
  return callsIn(readFileSync(trace, "utf8").split("\n"), here);
}

/** The calls of the main thread, which comes first and does all work with files. */
function callsIn(lines: string[], here: Home): Call[] {
  const [main] = lines[0]?.split(" ") ?? [];
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  for (const line of lines) {
    const [, thread, name = ""] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread !== main) continue;
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    const hasBegun = calls.length > 0 || line.includes(here.bentoml);
    const isOfLock = name === "write" ? calls.at(-1)?.isOfLock === true : /[-/]lock[.\w]*"/.test(line);
    const changes = !isOfLock && !name.endsWith("sync") && !line.includes(" = -1 ");
    if (hasBegun && (name !== "openat" || line.includes("O_CREAT")))
      calls.push({ name, number, isOfLock, changes });
  }
  return calls;
}

/** Does something for each, a few at a time. */
export async function forEachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: 4 }, work));
}
