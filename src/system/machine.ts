/** What this program runs on. Node's own modules are fetched when first asked, because they take time to load. */
export function describeRuntime(): { platform: string; arch: string; runtime: string } {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  return {
    platform: process.platform,
    arch: process.arch,
    runtime: isCompiled() ? `${runtime}, compiled` : `${runtime}, from source`,
  };
}

/** This program's file; undefined when it runs from source, where the file is the runtime's. */
export function ownProgram(): string | undefined {
  return isCompiled() ? process.execPath : undefined;
}

/** Whether the environment's options of Bun were read before this program began. */
export function isBun(): boolean {
  return process.versions["bun"] !== undefined;
}

/** The user and the machine by name, as far as the system tells. */
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

/** A compiled program's modules stand in a file system of its own. */
function isCompiled(): boolean {
  return /\$bunfs|~BUN/.test(import.meta.url);
}
