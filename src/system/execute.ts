import type { Execution } from "./child.ts";
import { codeOf } from "./storage-error.ts";
import { findProgram, isScript, NOT_EXECUTABLE, NOT_FOUND } from "./program.ts";

/** Told why a program was not run, and the exit code for that. */
type Refuse = (message: string, exitCode: number) => void;

type Replace = (file: string, argv: readonly string[], env: Record<string, string>) => never;

const SHELL = "/bin/sh";

/**
 * Runs a program with exactly this environment. Where the system allows, the program replaces this process and keeps its
 * number, terminal and signals. Elsewhere it runs as a child that gets our signals, and this resolves to its exit code:
 * 128 and the number for a signal, and 126 or 127 as in a shell when it cannot be run.
 */
export async function execute({ argv, env }: Execution, refuse: Refuse): Promise<number> {
  const [name, ...args] = argv;
  const end = (exitCode: number, why: string) => {
    refuse(`${name}: ${why}`, exitCode);
    return exitCode;
  };
  const { path, exitCode } = findProgram(name, env);
  if (path === undefined)
    return end(exitCode, exitCode === NOT_FOUND ? "command not found" : "cannot be executed");
  // cmd.exe runs these, and no quoting of arguments is reliable for it.
  if (process.platform === "win32" && /\.(cmd|bat)$/i.test(path))
    return end(NOT_EXECUTABLE, "a batch file is run from `cmd /c`");
  try {
    return await run(path, { argv, env });
  } catch (error) {
    if (codeOf(error) === "") throw error;
    // A script without `#!` is run by the shell.
    if (codeOf(error) === "ENOEXEC" && isScript(path))
      return run(SHELL, { argv: ["sh", path, ...args], env });
    return end(NOT_EXECUTABLE, `cannot be executed, ${reasonOf(error)}`);
  }
}

/** @throws an error with a code when the system does not start the program. */
async function run(file: string, { argv, env }: Execution): Promise<number> {
  const descriptors = namedDescriptors(argv);
  const replace = findReplace();
  if (!replace || descriptors.length > 0) {
    const { spawnAndWait } = await import("./child.ts");
    return spawnAndWait(file, { argv, env, descriptors });
  }
  // Bun ignores these signals, which a new program inherits; a signal with a handler is reset to its default.
  for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) process.on(signal, () => {});
  // Bun would warn that execve is experimental.
  process.removeAllListeners("warning");
  return replace(file, argv, env);
}

/** Deno has no execve, and Node's aborts the process when it fails. */
function findReplace(): Replace | undefined {
  if (process.versions["bun"] === undefined || process.platform === "win32") return undefined;
  return (process as { execve?: Replace }).execve?.bind(process);
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
