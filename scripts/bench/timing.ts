import type { Row } from "./result.ts";

export interface Subject extends Omit<Row, "values"> {
  /** One run, or what it takes to make one; resolves to what was measured. The warm-up has negative rounds. */
  measure(round: number): number | Promise<number>;
}

/** One run of a program. */
export interface Run {
  command: readonly string[];
  env: Record<string, string>;
  cwd: string;
  stdin?: string;
}

/** The subjects in turn, round after round, so that what else the machine does falls on all alike. */
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

/** Milliseconds from before the start to after the end, with nothing else in this process meanwhile. */
export function time({ command, env, cwd }: Run): number {
  const start = Bun.nanoseconds();
  const { exitCode, stderr } = Bun.spawnSync([...command], { cwd, env, stderr: "pipe" });
  const elapsed = (Bun.nanoseconds() - start) / 1e6;
  if (exitCode !== 0) throw new Error(failure(command, exitCode, stderr.toString()));
  return elapsed;
}

/** The same for a program that talks to a server of this process. */
export async function timeWithServer(run: Run): Promise<number> {
  const { elapsed, exitCode, stderr } = await runWithServer(run);
  if (exitCode !== 0) throw new Error(failure(run.command, exitCode, stderr));
  return elapsed;
}

export interface Ended {
  elapsed: number;
  exitCode: number;
  stderr: string;
}

/** Leaves it to the caller what an exit code means. */
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

export function failure(command: readonly string[], exitCode: number, stderr: string): string {
  return `${command.join(" ")} ended with ${exitCode}: ${stderr}`;
}
