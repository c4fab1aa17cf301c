/** What this program runs on. `node:os` is loaded on demand, because that takes time. */
export function describeRuntime(): { platform: string; arch: string; runtime: string } {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  return {
    platform: process.platform,
    arch: process.arch,
    runtime: isCompiled() ? `${runtime}, compiled` : `${runtime}, from source`,
  };
}

/** This program's own file; undefined from source, where the executable is the runtime. */
export function ownProgram(): string | undefined {
  return isCompiled() ? process.execPath : undefined;
}

/** Whether Bun has read the variables that configure it. */
export function isBun(): boolean {
  return process.versions["bun"] !== undefined;
}

/** The names of user, machine and home, as far as the system knows them. */
export function ownNames(): { users: string[]; machines: string[]; homes: string[] } {
  const os = process.getBuiltinModule("node:os");
  const [user, machine, home] = [() => os.userInfo().username, () => os.hostname(), () => os.homedir()];
  return { users: attempt(user), machines: attempt(machine), homes: attempt(home) };
}

function attempt(ask: () => string): string[] {
  try {
    return [ask()];
  } catch {
    return [];
  }
}

/** A compiled program's modules have paths in a virtual file system. */
function isCompiled(): boolean {
  return /\$bunfs|~BUN/.test(import.meta.url);
}
