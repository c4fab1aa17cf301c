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
  const attempt = (ask: () => string) => {
    try {
      return [ask()];
    } catch {
      return [];
    }
  };
  return {
    users: attempt(() => os.userInfo().username),
    machines: attempt(() => os.hostname()),
    homes: attempt(() => os.homedir()),
  };
}

/** A compiled program's modules have paths in a virtual file system. */
function isCompiled(): boolean {
  return /\$bunfs|~BUN/.test(import.meta.url);
}
