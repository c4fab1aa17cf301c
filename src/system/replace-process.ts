type Replace = (file: string, argv: readonly string[], env: Record<string, string>) => never;

/**
 * Starts another program in this process, which keeps its number, terminal and open standard streams. Undefined where
 * that does not work: Windows, Deno, and Node, whose execve aborts the process when it fails.
 */
export function findReplace(): Replace | undefined {
  const { execve } = process as { execve?: Replace };
  if (process.versions["bun"] === undefined || process.platform === "win32" || !execve) return undefined;
  return (file, argv, env) => {
    // Bun ignores these signals, which a new program inherits; a signal with a handler is reset to its default.
    for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) process.on(signal, () => {});
    // Bun would warn that execve is experimental.
    process.removeAllListeners("warning");
    return execve.call(process, file, argv, env);
  };
}
