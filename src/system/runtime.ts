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

/**
 * Keeps requests to a host away from the environment's proxy for the rest of this run. `fetch` has no option for it,
 * and reads these variables when a request begins.
 */
export function connectDirectly(host: string): void {
  const names = ["NO_PROXY", "no_proxy"].filter((name) => process.env[name]);
  for (const name of names.length > 0 ? names : ["NO_PROXY"]) {
    const hosts = process.env[name]?.split(",") ?? [];
    if (!hosts.includes(host)) process.env[name] = [...hosts, host].join(",");
  }
}
