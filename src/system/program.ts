import { accessSync, constants, openSync, closeSync, readSync, statSync } from "node:fs";
import { delimiter, extname, isAbsolute, join } from "node:path";
import { realTarget } from "./files.ts";
import { codeOf } from "./storage-error.ts";

interface Found {
  path?: string;
  /** When there is no path: the first file or directory of that name, which cannot be executed. */
  blocked?: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

const isWindows = process.platform === "win32";

/** The endings of programs, in the order in which Windows tries them. */
const WINDOWS_ENDINGS = [".com", ".exe", ".bat", ".cmd"];

/** Used when `PATH` is not set. */
const DEFAULT_PATH = isWindows ? "" : "/usr/bin:/bin";

/** Finds a program as a shell does, but searches the working directory only if the name or `PATH` says so. */
export function findProgram(name: string, env: Variables): Found {
  const isPath = name.includes("/") || (isWindows && name.includes("\\"));
  let blocked: string | undefined;
  for (const path of isPath ? withEndings(name) : pathsOf(name, env)) {
    const kind = inspect(path);
    if (kind === "program") return { path };
    if (kind === "other") blocked ??= path;
  }
  // On Windows no program is called like this, but something may be.
  if (isPath && inspect(name) !== "nothing") blocked ??= name;
  return { blocked };
}

/** The real paths of all programs of that name in `PATH`, without duplicates; a shell would start the first. */
export function findPrograms(name: string, env: Variables): string[] {
  return [
    ...new Set(
      pathsOf(name, env)
        .filter((path) => inspect(path) === "program")
        .map(realTarget),
    ),
  ];
}

/** Where in `PATH` it may be. Windows does not search relative folders. */
function pathsOf(name: string, env: Variables): string[] {
  const folders = (env["PATH"] ?? DEFAULT_PATH).split(delimiter).filter((folder) => folder !== "");
  if (isWindows) return folders.filter(isAbsolute).flatMap((folder) => withEndings(join(folder, name)));
  // Without `./`, a relative folder could give a path that looks like an option.
  return folders.map((folder) => `${isAbsolute(folder) ? "" : "./"}${folder}/${name}`);
}

function withEndings(path: string): string[] {
  const isComplete = !isWindows || WINDOWS_ENDINGS.includes(extname(path).toLowerCase());
  return isComplete ? [path] : WINDOWS_ENDINGS.map((ending) => path + ending);
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

/** On Windows, every file is. */
export function isExecutable(path: string): boolean {
  return inspect(path) === "program";
}

export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
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
