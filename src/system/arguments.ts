import { overwriteVariable } from "./libc.ts";
import { ownProgram } from "./machine.ts";
import { findReplace } from "./replace-process.ts";

/** Hands the real arguments to the program that is started anew. */
const VARIABLE = "__BENTOCLOUD_ARGUMENTS";

const OPTION = "--api-token";
const MASK = "****";

/**
 * The arguments of this run. Every user can read those of a running process, and Bun prints them when it crashes, so a
 * token among them goes away first: the process starts this program anew with a mask in its place. Where a process
 * cannot be replaced (Windows, and Deno), the arguments stay as they are.
 */
export async function takeArguments(): Promise<string[]> {
  const given = process.argv.slice(2);
  const passed = process.env[VARIABLE];
  if (passed !== undefined) {
    delete process.env[VARIABLE];
    await overwriteVariable(VARIABLE, passed);
    return readPassed(passed, given) ?? given;
  }
  const masked = maskTokens(given);
  const program = ownProgram();
  const replace = findReplace();
  if (!replace || program === undefined || masked.every((word, index) => word === given[index])) return given;
  try {
    const env = { ...process.env, [VARIABLE]: JSON.stringify(given) } as Record<string, string>;
    return replace(program, [process.argv0, ...masked], env);
  } catch {
    // The program's file has just been replaced, or the arguments are too long for a variable.
    return given;
  }
}

function maskTokens(argv: readonly string[]): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.map((word, index) => {
    if (index >= end) return word;
    if (argv[index - 1] === OPTION) return MASK;
    return word.startsWith(`${OPTION}=`) ? `${OPTION}=${MASK}` : word;
  });
}

/** Undefined when the variable is not from us: then it does not match the arguments. */
function readPassed(passed: string, given: readonly string[]): string[] | undefined {
  try {
    const argv = JSON.parse(passed) as string[];
    return JSON.stringify(maskTokens(argv)) === JSON.stringify(given) ? argv : undefined;
  } catch {
    return undefined;
  }
}
