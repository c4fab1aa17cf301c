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

const DEFAULT_COLUMNS = 80;

/** Infinite for a stream that is no terminal. */
export function columnsOf(descriptor: number): number {
  if (!isTerminal(descriptor)) return Infinity;
  if (!process.versions.bun)
    return process[descriptor === 1 ? "stdout" : "stderr"].columns || DEFAULT_COLUMNS;
  const { TTY } = process.binding("tty_wrap") as TerminalBinding;
  const size = [0, 0];
  new TTY(descriptor, {}).getWindowSize(size);
  return size[0] || DEFAULT_COLUMNS;
}

interface TerminalBinding {
  TTY: new (descriptor: number, context: object) => { getWindowSize(size: number[]): boolean };
}

/** In hexadecimal. */
export function sha256(text: string): string {
  if (process.versions.bun) return new Bun.CryptoHasher("sha256").update(text).digest("hex");
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
}

/** As Python's `expanduser`: by `HOME`, on Windows by `USERPROFILE`. Throws when the system knows no home. */
export function homeDirectory(env: Environment): string {
  const given = env[process.platform === "win32" ? "USERPROFILE" : "HOME"];
  if (given) return given;
  return process.getBuiltinModule("node:os").homedir();
}

/** Bun frees the buffers of a fast stream late; elsewhere the runtime decides. */
export function releaseMemory(): void {
  if (process.versions.bun) Bun.gc(true);
}

/** Undefined on Windows, where users have no numbers. */
export function userId(): number | undefined {
  return process.getuid?.();
}

export function platform(): NodeJS.Platform {
  return process.platform;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy. On Windows a variable is found in any case, as every program there does. */
export function ownEnvironment(): Environment {
  const own = { ...process.env };
  return process.platform === "win32" ? withoutCase(own) : own;
}

/** The names in it keep the case that they have. */
export function withoutCase(variables: Environment): Environment {
  const names = new Map(Object.keys(variables).map((name) => [name.toUpperCase(), name]));
  const written = (name: string | symbol) =>
    typeof name === "string" ? (names.get(name.toUpperCase()) ?? name) : name;
  return new Proxy(variables, {
    get: (target, name) => Reflect.get(target, written(name)),
    has: (target, name) => Reflect.has(target, written(name)),
    getOwnPropertyDescriptor: (target, name) => Reflect.getOwnPropertyDescriptor(target, written(name)),
  });
}

/** Hides variables of the process from the runtime while `act` starts something that would read them. */
export function withoutVariables<T>(names: readonly string[], act: () => T): T {
  const hidden = names
    .filter((name) => process.env[name] !== undefined)
    .map((name) => [name, process.env[name]]);
  for (const name of names) delete process.env[name];
  try {
    return act();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}

/** @throws CliError `STORAGE` where it was deleted, or its path is unknown. */
export function workingDirectory(): string {
  try {
    return requireExactPath(process.cwd(), "the path of the working directory");
  } catch (error) {
    if (error instanceof CliError) throw error;
    const why = isMissing(error) ? "no longer exists" : "has a path that is unknown";
    throw new CliError("STORAGE", `the working directory ${why}`, {
      hint: "change to a directory that exists",
      cause: error,
    });
  }
}

/** A deleted working directory has no path, and nothing is in it. */
export function isWorkingDirectoryDeleted(): boolean {
  try {
    process.cwd();
    return false;
  } catch (error) {
    return isMissing(error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/**
 * Every runtime reads bytes that are not UTF-8 as U+FFFD, so a path with that character can lead to another file.
 *
 * @throws CliError `STORAGE` for such a path.
 */
export function requireExactPath(path: string, what: string): string {
  if (!path.includes("\ufffd")) return path;
  throw new CliError("STORAGE", `${what} is not valid UTF-8, so it cannot be used`, {
    hint: "use directories whose names are valid UTF-8",
  });
}

/** For the library, which does not print. */
export function emitWarning(message: string): void {
  process.emitWarning(message, "BentoCloudWarning");
}
