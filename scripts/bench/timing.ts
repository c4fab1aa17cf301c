import type { Row } from "./result.ts";

export interface Subject extends Omit<Row, "values"> {
  /** Measures once. Rounds below 0 are warm-up: their values are dropped. */
  measure(round: number): number | Promise<number>;
}

export interface Run {
  command: readonly string[];
  env: Record<string, string>;
  cwd: string;
  stdin?: string;
}

/** Measures the subjects in turn, round after round, so that other load on the machine affects all of them alike. */
export async function alternate(rounds: number, subjects: readonly Subject[]): Promise<Row[]> {
  const rows = subjects.map(({ measure: _measure, ...row }): Row => ({ ...row, values: [] }));
  for (let round = -Math.ceil(rounds / 10); round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const value = await subject.measure(round);
      if (round >= 0) rows[index]!.values.push(value);
    }
  }
  return rows;
}

/** Milliseconds from before the start of a program until it has ended. Blocks, so this process does nothing meanwhile. */
export function time({ command, env, cwd }: Run): number {
  const start = Bun.nanoseconds();
  const { exitCode, stderr } = Bun.spawnSync([...command], { cwd, env, stderr: "pipe" });
  const elapsed = (Bun.nanoseconds() - start) / 1e6;
  if (exitCode !== 0) throw new Error(describeFailure(command, exitCode, stderr.toString()));
  return elapsed;
}

/** Like `time`, but does not block, for a program that sends requests to a server of this process. */
export async function timeWithServer(run: Run): Promise<number> {
  const { elapsed, exitCode, stderr } = await runWithServer(run);
  if (exitCode !== 0) throw new Error(describeFailure(run.command, exitCode, stderr));
  return elapsed;
}

export interface Ended {
  elapsed: number;
  exitCode: number;
  stderr: string;
}

/** Like `timeWithServer`, but returns the exit code instead of throwing. */
export async function runWithServer({ command, env, cwd, stdin }: Run): Promise<Ended> {
  const start = Bun.nanoseconds();
  const child = Bun.spawn([...command], {
    cwd,
    env,
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "ignore",
    stderr: "pipe",
  });
  const exitCode = await child.exited;
  const elapsed = (Bun.nanoseconds() - start) / 1e6;
  return { elapsed, exitCode, stderr: await new Response(child.stderr).text() };
}

export function describeFailure(command: readonly string[], exitCode: number, stderr: string): string {
  return `${command.join(" ")} ended with ${exitCode}: ${stderr}`;
}
