import { accessSync, constants, openSync, closeSync, readSync, statSync } from "node:fs";
import { delimiter, extname, isAbsolute, join } from "node:path";
import { codeOf, realTarget } from "./files.ts";

/** A shell's exit codes for a command that it cannot run. */
export const NOT_FOUND = 127;
export const NOT_EXECUTABLE = 126;

interface Found {
  path?: string;
  /** For when there is no path. */
  exitCode: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

const isWindows = process.platform === "win32";

/** The endings of programs, in the order in which Windows tries them. */
const WINDOWS_ENDINGS = [".com", ".exe", ".bat", ".cmd"];

/** Used when `PATH` is not set. */
const DEFAULT_PATH = isWindows ? "" : "/usr/bin:/bin";

/** Finds a program as a shell does, but Windows does not search the working directory, and others only if `PATH` says so. */
export function findProgram(name: string, env: Record<string, string>): Found {
  if (name.includes("/") || (isWindows && name.includes("\\"))) return firstProgram([name]);
  return firstProgram(placesOf(name, env));
}

/** The real paths of all programs of that name in `PATH`, without duplicates; a shell would start the first. */
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
    return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(codeOf(error)) ? "nothing" : "other";
  }
}

function withEndings(path: string): string[] {
  const isComplete = WINDOWS_ENDINGS.includes(extname(path).toLowerCase());
  return isComplete ? [path] : WINDOWS_ENDINGS.map((ending) => path + ending);
}

/** On Windows the names of variables have no case. */
function variable(env: Variables, name: string): string | undefined {
  if (!isWindows) return env[name];
  return Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1];
}

const BEGINNING_BYTES = 512;

/** Whether a file that the system does not start may be a shell script. A program for another machine has NUL bytes. */
export function isScript(path: string): boolean {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(BEGINNING_BYTES);
      return !bytes.subarray(0, readSync(file, bytes)).includes(0);
    } finally {
      closeSync(file);
    }
  } catch {
    // Not readable, so a shell could not read it either.
    return false;
  }
}
