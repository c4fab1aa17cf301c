/**
 * What the running process knows of its surroundings. Node's own modules are fetched when first asked: `node:tty`
 * alone costs a third of a whole run of `bentocloud token`.
 */
export function isTerminal(descriptor: number): boolean {
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** As Python's `expanduser` has it: `HOME` counts, except on Windows. Throws when the system knows no home. */
export function homeDirectory(variable: string | undefined): string {
  if (variable && process.platform !== "win32") return variable;
  return process.getBuiltinModule("node:os").homedir();
}

/** Undefined where users have no numbers. */
export function userId(): number | undefined {
  return process.getuid?.();
}
