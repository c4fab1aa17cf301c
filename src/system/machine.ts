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

/** A compiled program's modules stand in a file system of its own. */
function isCompiled(): boolean {
  return /\$bunfs|~BUN/.test(import.meta.url);
}
