/**
 * What the tests take from POSIX and Windows has otherwise: homes, modes, links, terminals, signals. Outside of this
 * file no test asks which system it runs on.
 */
import type { Stats } from "node:fs";
import { rmSync } from "node:fs";

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

/** Wine removes no directory with all that is in it; what stays there is in its temporary folder. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!isWindows) throw error;
  }
}

/** @throws Error which `npm run test:windows` counts as what cannot be shown there. */
export function requireTerminal(): void {
  if (isWindows) throw new Error("Windows has no pseudo-terminal of POSIX");
}
