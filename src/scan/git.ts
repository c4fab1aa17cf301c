import { delimiter, isAbsolute, join, resolve, sep } from "node:path";
import type { Cli } from "../app.ts";
import { cancelled, CliError } from "../errors.ts";
import { type PipedProgram, pipeProgram } from "../system/piped-program.ts";
import { findProgram } from "../system/program.ts";
import { cap } from "../system/text.ts";

/**
 * Git runs with a repository that somebody else may have made, so nothing that its configuration names may run. Only
 * plumbing commands are used, which know no aliases, pagers or signatures; options on the command line win over the
 * configuration; and a variable forbids every transport, so that a partial clone fetches nothing. Git itself refuses a
 * repository of another user.
 */
const INERT_OPTIONS = [
  "--no-pager --no-replace-objects --no-optional-locks -c core.fsmonitor=false -c core.untrackedCache=false",
  "-c core.hooksPath=/dev/null -c protocol.allow=never",
].flatMap((line) => line.split(" "));

const INERT_ENVIRONMENT = {
  LC_ALL: "C",
  GIT_ALLOW_PROTOCOL: "",
  GIT_NO_LAZY_FETCH: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "",
};

/** What git needs to find its configuration, and to decide whose repositories it trusts. */
const PASSED = [
  "PATH HOME XDG_CONFIG_HOME SUDO_UID USERPROFILE HOMEDRIVE HOMEPATH SystemRoot",
  "GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES",
].flatMap((line) => line.split(" "));

/** Git sets these for a hook: `git commit FILE` takes its files from another index. */
const PASSED_TO_HOOKS = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"];

type Input = AsyncIterable<string | Uint8Array> | Iterable<string>;

interface ListOptions {
  input?: Input;
  separator?: number;
  /** Told what git says of a part that it left out; it does not fail then. */
  onComplaint?: (reason: string) => void;
}

/** Git in one directory. */
export interface Git {
  cwd: string;
  start(args: readonly string[], input?: Input): PipedProgram;
  /** How it ends and what it prints, for answers that are short. */
  ask(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  /**
   * The parts of what it prints, each up to a zero byte or another separator.
   *
   * @throws CliError `STORAGE` when it fails
   */
  list(args: readonly string[], options?: ListOptions): AsyncGenerator<Buffer>;
}

export const LINE_FEED = 10;

/** What git tells the program that it runs as a hook. */
export function hookVariables({ env }: Cli): Record<string, string> {
  return pick(env, PASSED_TO_HOOKS);
}

function pick(env: Cli["env"], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

interface GitOptions {
  /** The directory of the repository, out of which no git is taken. */
  root: string;
  /** Added to the few that git gets. */
  variables: Record<string, string>;
}

/** Undefined when there is no git. */
export function openGit(cli: Cli, cwd: string, { root, variables }: GitOptions): Git | undefined {
  const program = findGit(cli.env, [cli.cwd(), root]);
  if (program === undefined) return undefined;
  const env = { ...pick(cli.env, PASSED), ...variables, ...INERT_ENVIRONMENT };
  const start: Git["start"] = (args, input) =>
    pipeProgram(program, [...INERT_OPTIONS, ...args], {
      cwd,
      env,
      signal: cli.signal,
      ...(input && { input }),
    });
  return {
    cwd,
    start,
    async ask(args) {
      const { stdout, ended } = start(args);
      const chunks: Buffer[] = [];
      for await (const chunk of stdout) chunks.push(chunk);
      const { code, stderr } = await ended;
      if (cli.signal.aborted) throw cancelled();
      return { code, stderr, stdout: Buffer.concat(chunks).toString() };
    },
    async *list(args, { input, separator = 0, onComplaint } = {}) {
      const { stdout, ended } = start(args, input);
      yield* split(stdout, separator);
      const { code, stderr } = await ended;
      if (cli.signal.aborted) throw cancelled();
      if (code !== 0) throw gitFailed(stderr);
      if (stderr !== "") onComplaint?.(`git says: ${reasonIn(stderr)}`);
    },
  };
}

const LONGEST_REASON = 300;

/** With git's own words. */
export function gitFailed(stderr: string): CliError {
  return new CliError("STORAGE", `git failed: ${reasonIn(stderr)}`);
}

export function reasonIn(stderr: string): string {
  return cap(stderr.trim().replaceAll(/\s+/g, " "), LONGEST_REASON) || "it does not say why";
}

/** A `git` in a directory that is scanned, or below it, could be anybody's. */
function findGit(env: Cli["env"], scanned: readonly string[]): string | undefined {
  const isBelow = (folder: string) => scanned.some((one) => `${folder}${sep}`.startsWith(join(one, sep)));
  const folders = (env["PATH"] ?? "/usr/bin:/bin").split(delimiter);
  const trusted = folders.filter((folder) => isAbsolute(folder) && !isBelow(resolve(folder)));
  return findProgram("git", { ...env, PATH: trusted.join(delimiter) }).path;
}

async function* split(stream: AsyncIterable<Buffer>, separator: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(separator); end !== -1; end = bytes.indexOf(separator, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield rest;
}
