import type { Execution } from "./child.ts";
import { allowCoreDumps } from "./core-dump.ts";
import { hideMemory } from "./libc.ts";
import { codeOf } from "./storage-error.ts";
import { findProgram, isFile, isScript } from "./program.ts";
import { quoteWord } from "./text.ts";
import { findReplace } from "./replace-process.ts";

/** A shell's exit codes for a command that it cannot run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** Told why a program was not run, the exit code for that, and what to do. */
type Refuse = (message: string, exitCode: number, hint?: string) => void;

const SHELL = "/bin/sh";
const isWindows = process.platform === "win32";

/**
 * Runs a program with exactly this environment. Where the system allows, the program replaces this process and keeps its
 * number, terminal and signals. Elsewhere it runs as a child that gets our signals, and this resolves to its exit code:
 * 128 and the number for a signal, and 126 or 127 as in a shell when it cannot be run.
 */
export async function execute({ argv, env, needsUs = false }: Execution, refuse: Refuse): Promise<number> {
  const [name, ...args] = argv;
  const end = (exitCode: number, why: string, hint?: string) => {
    refuse(`${name}: ${why}`, exitCode, hint);
    return exitCode;
  };
  const { path, blocked } = findProgram(name, env);
  if (path === undefined) {
    if (blocked === undefined) return end(NOT_FOUND, "command not found", findHere(name));
    if (!isFile(blocked) || isWindows) return end(NOT_EXECUTABLE, "cannot be executed");
    return end(
      NOT_EXECUTABLE,
      "not executable",
      `if it is a program, \`chmod +x ${quoteWord(blocked)}\` lets it run`,
    );
  }
  // cmd.exe runs these, and no quoting of arguments is reliable for it.
  if (isWindows && /\.(cmd|bat)$/i.test(path))
    return end(NOT_EXECUTABLE, "a batch file is run from `cmd /c`");
  try {
    return await run(path, { argv, env, needsUs });
  } catch (error) {
    if (codeOf(error) === "") throw error;
    // A script without `#!` is run by the shell.
    if (codeOf(error) === "ENOEXEC" && isScript(path))
      return run(SHELL, { argv: ["sh", path, ...args], env, needsUs });
    return end(NOT_EXECUTABLE, `cannot be executed, ${reasonOf(error)}`);
  }
}

/** Without a path, a program of the working directory is not found. */
function findHere(name: string): string | undefined {
  const path = `./${name}`;
  return !name.includes("/") && isFile(path) ? `\`${quoteWord(path)}\` is in this directory` : undefined;
}

/** @throws an error with a code when the system does not start the program. */
async function run(file: string, { argv, env, needsUs = false }: Execution): Promise<number> {
  const descriptors = namedDescriptors(argv);
  const replace = findReplace();
  await allowCoreDumps();
  if (!replace || descriptors.length > 0 || needsUs) {
    if (needsUs) await hideMemory();
    const { spawnAndWait } = await import("./child.ts");
    return spawnAndWait(file, { argv, env, descriptors, needsUs });
  }
  return replace(file, argv, env);
}

/** The descriptors above 2 that arguments name, as a shell's `<(…)` does. Replacing the process would close them. */
function namedDescriptors(argv: readonly string[]): number[] {
  const named = argv.flatMap((word) => [...word.matchAll(/\/(?:dev|proc\/self)\/fd\/(\d{1,4})(?!\d)/g)]);
  return [...new Set(named.map(([, number]) => Number(number)))].filter((number) => number > 2);
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case "E2BIG":
      return "its arguments and environment are too long";
    case "ENOENT":
      return "the program that should interpret it does not exist";
    case "ENOEXEC":
      return "it is no program for this machine";
    default:
      return `the system says ${codeOf(error)}`;
  }
}
