import { codeOf } from "./files.ts";
import { findProgram, isScript, NOT_EXECUTABLE, NOT_FOUND } from "./program.ts";

export interface Execution {
  words: readonly [program: string, ...args: string[]];
  env: Record<string, string>;
}

/** Told why nothing was run, and what this ends with. */
export type Refuse = (message: string, exitCode: number) => void;

type Replace = (file: string, argv: readonly string[], env: Record<string, string>) => never;

const SHELL = "/bin/sh";

/**
 * Runs a program with this environment and no other. Where the process can be replaced, nothing of ours is left: the
 * program has our number, terminal and signals. Elsewhere it is started, signals are passed on, and this resolves to
 * its exit code, 128 and the number for a signal. A refusal resolves to what a shell ends with.
 */
export async function execute({ words, env }: Execution, refuse: Refuse): Promise<number> {
  const [name, ...args] = words;
  const end = (exitCode: number, why: string) => {
    refuse(`${name}: ${why}`, exitCode);
    return exitCode;
  };
  const { path, exitCode } = findProgram(name, env);
  if (path === undefined)
    return end(exitCode, exitCode === NOT_FOUND ? "command not found" : "cannot be executed");
  // The shell that runs such files reads its command line in ways that cannot be quoted reliably.
  if (process.platform === "win32" && /\.(cmd|bat)$/i.test(path))
    return end(NOT_EXECUTABLE, "a batch file is run from `cmd /c`");
  try {
    return await run(path, { words, env });
  } catch (error) {
    if (codeOf(error) === "") throw error;
    // A script without a first line that names its shell.
    if (codeOf(error) === "ENOEXEC" && isScript(path))
      return run(SHELL, { words: ["sh", path, ...args], env });
    return end(NOT_EXECUTABLE, `cannot be executed, ${reasonOf(error)}`);
  }
}

/** @throws an error with a code when the system does not start it. */
async function run(file: string, { words, env }: Execution): Promise<number> {
  const descriptors = namedDescriptors(words);
  const replace = findReplace();
  if (!replace || descriptors.length > 0) {
    const { spawnAndWait } = await import("./child.ts");
    return spawnAndWait(file, { words, env, descriptors });
  }
  // What is ignored stays ignored in the program; what has a handler gets its default back.
  for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) process.on(signal, () => {});
  // Bun warns that this is experimental, where it fails and anyone could still read it.
  process.removeAllListeners("warning");
  return replace(file, words, env);
}

/** Deno cannot, and Node's aborts where it should fail. */
function findReplace(): Replace | undefined {
  if (process.versions["bun"] === undefined || process.platform === "win32") return undefined;
  return (process as { execve?: Replace }).execve?.bind(process);
}

/**
 * The descriptors of a shell's `<(…)`, by the arguments that name them: replacing the process would close them, as it
 * does with all above 2.
 */
function namedDescriptors(words: readonly string[]): number[] {
  const named = words.flatMap((word) => [...word.matchAll(/\/(?:dev|proc\/self)\/fd\/(\d{1,4})(?!\d)/g)]);
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
