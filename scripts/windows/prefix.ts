import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const INSTALL = "run `apt-get install --no-install-recommends wine wine64 gcc-mingw-w64-x86-64-win32`";
const LIBRARY = join(import.meta.dir, "bcryptprimitives.c");
const PREFIX = resolve(import.meta.dir, "../../.cache/wine");
const PROGRAMS = join(PREFIX, "drive_c/tests");
const MINGW = "x86_64-w64-mingw32";

/** On Windows itself there is no prefix, and programs run as they are. */
const IS_WINDOWS = process.platform === "win32";

/** Programs in the prefix get nothing of this machine's, such as the paths of its certificates. */
const ENVIRONMENT = {
  PATH: process.env["PATH"],
  LANG: "C.UTF-8",
  WINEPREFIX: PREFIX,
  WINEARCH: "win64",
  WINEDEBUG: "-all",
  // Without them, wine asks in a window whether to download .NET and a browser, and writes into the user's menu.
  WINEDLLOVERRIDES: "mscoree=;mshtml=;winemenubuilder.exe=",
};

/** Makes a wine prefix with the library that Bun needs and wine lacks, unless it is there. */
export function preparePrefix(): void {
  if (IS_WINDOWS) return;
  const source = readFileSync(LIBRARY, "utf8");
  const complete = join(PREFIX, "complete");
  if (existsSync(complete) && readFileSync(complete, "utf8") === source) return;
  console.error(`making a wine prefix in ${PREFIX}`);
  rmSync(PREFIX, { recursive: true, force: true });
  mkdirSync(PREFIX, { recursive: true });
  run("wineboot", ["--init"]);
  const library = join(PREFIX, "drive_c/windows/system32/bcryptprimitives.dll");
  run(`${MINGW}-gcc`, ["-shared", "-o", library, LIBRARY, "-ladvapi32"]);
  mkdirSync(PROGRAMS, { recursive: true });
  writeFileSync(complete, source);
}

/**
 * Puts a program for Windows into the prefix, and returns its path there. Wine maps sections that are aligned to pages;
 * others it reads into memory at each start, all 90 MB, which takes four times as long.
 */
export function installProgram(file: string, name: string): string {
  if (IS_WINDOWS) return resolve(file);
  const target = join(PROGRAMS, name);
  run(`${MINGW}-objcopy`, ["--file-alignment", "4096", file, `${target}.new`]);
  renameSync(`${target}.new`, target);
  return `C:\\tests\\${name}`;
}

/** The name that a file of this machine has in the prefix. */
export function pathInPrefix(path: string): string {
  return IS_WINDOWS ? path : `Z:${path}`;
}

/** Runs a program in the prefix, with its output in an open file. */
export function runInPrefix(
  command: string,
  args: string[],
  environment: Record<string, string>,
  output: number,
): void {
  if (IS_WINDOWS)
    return void start(command, args, { environment: { ...process.env, ...environment }, output });
  emptyTemporary();
  try {
    start("wine", [command, ...args], { environment, output });
  } finally {
    // Ends this prefix's server alone, and with it what a test that was stopped has left.
    start("wineserver", ["--kill"]);
  }
}

/** Under wine, Bun cannot remove a directory with all that is in it, so the homes of an earlier run are still there. */
function emptyTemporary(): void {
  const users = join(PREFIX, "drive_c/users");
  for (const user of readdirSync(users)) {
    const temporary = join(users, user, "Temp");
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
  }
}

interface Start {
  environment?: Record<string, string | undefined>;
  output?: number;
}

function start(command: string, args: string[], { environment = {}, output = 2 }: Start = {}): number {
  const { status, error } = spawnSync(command, args, {
    stdio: ["ignore", output, output],
    env: IS_WINDOWS ? environment : { ...ENVIRONMENT, ...environment },
  });
  if (error) throw new Error(`${command} cannot be started: ${INSTALL}`, { cause: error });
  return status ?? 1;
}

function run(command: string, args: string[]): void {
  if (start(command, args) !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}
