import { accessSync, constants, openSync, closeSync, readSync, statSync } from "node:fs";
import { delimiter, extname, isAbsolute, join } from "node:path";
import { realTarget } from "./files.ts";

/** What a shell ends with when it cannot run a command. */
export const NOT_FOUND = 127;
export const NOT_EXECUTABLE = 126;

interface Found {
  path?: string;
  /** What to end with when there is no path. */
  exitCode: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

const isWindows = process.platform === "win32";

/** What can be started, in the order in which Windows looks for it. */
const WINDOWS_ENDINGS = [".com", ".exe", ".bat", ".cmd"];

/** Where a system looks that was told nothing. */
const DEFAULT_PATH = isWindows ? "" : "/usr/bin:/bin";

/** As a shell would, but the working directory is searched only when the name or `PATH` says so, and never on Windows. */
export function findProgram(name: string, env: Record<string, string>): Found {
  if (name.includes("/") || (isWindows && name.includes("\\"))) return firstProgram([name]);
  return firstProgram(placesOf(name, env));
}

/** Every program of that name in `PATH`, first the one that a shell would start; each once, by where it really is. */
export function findPrograms(name: string, env: Variables): string[] {
  const places = isWindows ? placesOf(name, env).flatMap(withEndings) : placesOf(name, env);
  return [...new Set(places.filter((path) => inspect(path) === "program").map(realTarget))];
}

function placesOf(name: string, env: Variables): string[] {
  const folders = (variable(env, "PATH") ?? DEFAULT_PATH).split(delimiter).filter((folder) => folder !== "");
  // A relative folder could give a name that looks like an option.
  const places = isWindows
    ? folders.filter(isAbsolute)
    : folders.map((folder) => (isAbsolute(folder) ? folder : `./${folder}`));
  return places.map((folder) => (isWindows ? join(folder, name) : `${folder}/${name}`));
}

function firstProgram(names: readonly string[]): Found {
  let exitCode = NOT_FOUND;
  for (const path of isWindows ? names.flatMap(withEndings) : names) {
    const kind = inspect(path);
    if (kind === "program") return { path, exitCode: 0 };
    if (kind === "other") exitCode = NOT_EXECUTABLE;
  }
  return { exitCode };
}

function inspect(path: string): "program" | "other" | "nothing" {
  try {
    if (!statSync(path).isFile()) return "other";
    accessSync(path, constants.X_OK);
    return "program";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG" ? "nothing" : "other";
  }
}

function withEndings(path: string): string[] {
  const isComplete = WINDOWS_ENDINGS.includes(extname(path).toLowerCase());
  return isComplete ? [path] : WINDOWS_ENDINGS.map((ending) => path + ending);
}

/** Windows does not tell the case of a variable's name. */
function variable(env: Variables, name: string): string | undefined {
  if (!isWindows) return env[name];
  return Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1];
}

const BEGINNING = 512;

/** Whether a file that the system refused to start can be meant for a shell: a program for another machine is not. */
export function isScript(path: string): boolean {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(BEGINNING);
      return !bytes.subarray(0, readSync(file, bytes)).includes(0);
    } finally {
      closeSync(file);
    }
  } catch {
    // Who may run a file may not always read it; then no shell can either.
    return false;
  }
}
