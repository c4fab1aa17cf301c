import { findCanariesAnywhere } from "../../test/support/canaries.ts";
import type { Home } from "../../test/support/home.ts";
import { cleanEnvironment, programCommand } from "../../test/support/program.ts";

/** Longer than a command may wait: 15 seconds for the lock, and 5 for a lock whose owner cannot be looked up. */
const HANGS_AFTER_MS = 45_000;

export interface Command {
  args: readonly string[];
  stdin?: string;
  /** Sends SIGKILL after this time. */
  killAfterMs?: number;
}

export interface Ended {
  /** Null when it was killed. */
  code: number | null;
  /** The error that `--json` printed. */
  error: { code: string; message: string; hint: string | null } | undefined;
  stdout: string;
  stderr: string;
  /** On the clock of `performance.now()`. */
  startedAt: number;
  milliseconds: number;
  hung: boolean;
  /** Tokens that it printed and should not have. */
  leaks: string[];
}

/** Runs the program with `--json`. Keeps none of its output, because a long run has tens of thousands of commands. */
export async function runCommand(home: Home, { args, stdin, killAfterMs }: Command): Promise<Ended> {
  const startedAt = performance.now();
  const child = Bun.spawn([...programCommand(), ...args, "--json"], {
    cwd: home.path,
    env: cleanEnvironment(home),
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const limit = killAfterMs ?? HANGS_AFTER_MS;
  const killer = setTimeout(() => child.kill("SIGKILL"), limit);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(killer);
  const wasKilled = child.signalCode !== null;
  return {
    code: wasKilled ? null : child.exitCode,
    error: wasKilled || child.exitCode === 0 ? undefined : errorIn(stderr),
    stdout,
    stderr,
    startedAt,
    milliseconds: performance.now() - startedAt,
    hung: wasKilled && killAfterMs === undefined,
    leaks: findCanariesAnywhere(args[0] === "token" ? stderr : stdout + stderr),
  };
}

/** Undefined when the last line is not the object that `--json` promises. */
function errorIn(stderr: string): Ended["error"] {
  try {
    return JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error;
  } catch {
    return undefined;
  }
}
