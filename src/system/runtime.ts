/**
 * What the running process knows of its surroundings. Node's own modules are fetched when first asked: `node:tty`
 * alone costs a third of a whole run of `bentocloud token`.
 */
export function isTerminal(descriptor: number): boolean {
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** Throws when the system knows no home for this user. */
export function homeDirectory(): string {
  return process.getBuiltinModule("node:os").homedir();
}

/** Undefined where users have no numbers. */
export function userId(): number | undefined {
  return process.getuid?.();
}
