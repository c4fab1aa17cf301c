/**
 * What the tests take from POSIX and Windows has otherwise: homes, modes, links, terminals, signals. Outside of this
 * file no test asks which system it runs on.
 */
import type { Stats } from "node:fs";
import { chmodSync, existsSync, readdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { takeForOwner } from "../../src/system/windows-access.ts";

const isWindows = process.platform === "win32";

/** The variables that name a home, and on Windows those without which no program starts. */
export function systemEnvironment(home: string): Record<string, string> {
  if (!isWindows) return { HOME: home, LANG: "C.UTF-8" };
  const inherited = ["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP", "TMP"];
  const entries = inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { ...Object.fromEntries(entries), USERPROFILE: home };
}

/** The ending of a program's file name. */
export const EXE = isWindows ? ".exe" : "";

/** On Windows, where a mode says nothing, that of a file or directory for its owner alone. */
export function modeOf(stats: Stats): number {
  if (isWindows) return stats.isDirectory() ? 0o700 : 0o600;
  return stats.mode & 0o7777;
}

/** Gives a file a mode, and on Windows to this user alone if the mode does. */
export function setMode(path: string, mode: number): void {
  if (!isWindows) chmodSync(path, mode);
  else if ((mode & 0o077) === 0) takeForOwner(path);
}

/**
 * Removes a directory with all that is in it, which Bun cannot do under wine. On Windows, what a program still has open
 * stays.
 */
export function removeFolder(path: string): void {
  if (!isWindows) return rmSync(path, { recursive: true, force: true });
  try {
    removeTree(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EBUSY")) throw error;
  }
}

function removeTree(path: string): void {
  for (const entry of existsSync(path) ? readdirSync(path, { withFileTypes: true }) : []) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) removeTree(child);
    else unlinkSync(child);
  }
  if (existsSync(path)) rmdirSync(path);
}

/** A text with a name such as `<home>` in the place of a path, and slashes behind it. Reads JSON as well. */
export function namePath(text: string, path: string, name: string): string {
  const escaped = JSON.stringify(path).slice(1, -1);
  const parts = text.replaceAll(escaped, path).split(path);
  if (!isWindows) return parts.join(name);
  return parts.map((part, at) => (at === 0 ? part : part.replace(/^[^\s":]*/, slashes))).join(name);
}

function slashes(path: string): string {
  return path.replaceAll(/\\+/g, "/");
}

/** @throws Error which `npm run test:windows` counts as what cannot be shown there. */
export function requireTerminal(): void {
  if (isWindows) throw new Error("Windows has no pseudo-terminal of POSIX");
}
