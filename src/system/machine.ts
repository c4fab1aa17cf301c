export function describeRuntime(): { platform: string; arch: string; runtime: string } {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  return {
    platform: process.platform,
    arch: process.arch,
    runtime: isCompiled() ? `${runtime}, compiled` : `${runtime}, from source`,
  };
}

export function countProcessors(): number {
  return process.getBuiltinModule("node:os").availableParallelism();
}

/** This program's own file; undefined from source, where the executable is the runtime. */
export function ownProgram(): string | undefined {
  return isCompiled() ? process.execPath : undefined;
}

export function isBun(): boolean {
  return process.versions["bun"] !== undefined;
}

/** A compiled program's modules have paths in a virtual file system, on Windows `B:/%7EBUN/root/`. */
function isCompiled(): boolean {
  return /\$bunfs|(?:~|%7E)BUN/.test(import.meta.url);
}
