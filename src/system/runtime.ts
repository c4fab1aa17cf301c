import { CliError } from "../errors.ts";

/**
 * Asks the runtime about the process. Where Bun has an answer of its own, Node's module is not loaded, which would take
 * time: `node:tty` alone takes Bun longer than a whole run of `bentocloud token`.
 */
export function isTerminal(descriptor: number): boolean {
  if (!process.versions.bun) return process.getBuiltinModule("node:tty").isatty(descriptor);
  const { isTTY } = process.binding("tty_wrap") as { isTTY(descriptor: number): boolean };
  return isTTY(descriptor);
}

/** In hexadecimal. */
export function sha256(text: string): string {
  if (process.versions.bun) return new Bun.CryptoHasher("sha256").update(text).digest("hex");
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
}

/** As Python's `expanduser`: `HOME` counts, except on Windows. Throws when the system knows no home. */
export function homeDirectory(variable: string | undefined): string {
  if (variable && process.platform !== "win32") return variable;
  return process.getBuiltinModule("node:os").homedir();
}

/** Undefined on Windows, where users have no numbers. */
export function userId(): number | undefined {
  return process.getuid?.();
}

export function ownEnvironment(): Record<string, string | undefined> {
  return { ...process.env };
}

export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new CliError("STORAGE", "the working directory no longer exists", {
      hint: "change to a directory that exists",
      cause: error,
    });
  }
}

/** For the library, which does not print. */
export function emitWarning(message: string): void {
  process.emitWarning(message, "BentoCloudWarning");
}
