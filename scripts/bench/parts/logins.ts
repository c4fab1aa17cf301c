import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { startCloud } from "../../../test/support/cloud.ts";
import type { Bench } from "../bench.ts";
import type { Part } from "../result.ts";
import { median, ratio } from "../statistics.ts";
import { atMost, times } from "../target.ts";
import { alternate, describeFailure, runWithServer } from "../timing.ts";

const COUNTS = [1, 10, 25, 50, 100];
const GOAL = { count: 50, limitMs: 2000 };
/** Twice as many, in little more than twice the time. */
const DOUBLE = { count: 100, limit: 2.2 };
/** `LOCKED`: the command waited 15 seconds for the lock, changed nothing, and said so. */
const LOCKED = 6;

/** Many processes log in at once, each under its own name, all to one file. */
export async function measureLogins({ sandbox, rounds }: Bench): Promise<Part> {
  const cloud = await startCloud();
  const token = cloud.issueToken();
  const kept = new Map(COUNTS.map((count) => [count, count]));
  const refused = new Map<number, number>();

  async function signIn(count: number): Promise<number> {
    const home = mkdtempSync(join(sandbox.folder, "home-"));
    const env = sandbox.environment({ BENTOML_HOME: home });
    const start = Bun.nanoseconds();
    const logins = Array.from({ length: count }, async (_, index) => {
      const command = [sandbox.binary, "login", "--with-token", "--endpoint", cloud.url];
      command.push("--context", `c${index}`);
      return { command, ...(await runWithServer({ command, env, cwd: sandbox.folder, stdin: token })) };
    });
    const ended = await Promise.all(logins);
    const elapsed = (Bun.nanoseconds() - start) / 1e6;
    for (const { command, exitCode, stderr } of ended) {
      if (exitCode === LOCKED) refused.set(count, (refused.get(count) ?? 0) + 1);
      else if (exitCode !== 0) throw new Error(describeFailure(command, exitCode, stderr));
    }
    const text = await Bun.file(join(home, ".yatai.yaml")).text();
    const contexts = new Set(text.match(/\bname: c\d+$/gm)).size;
    kept.set(count, Math.min(contexts, kept.get(count)!));
    return elapsed;
  }

  try {
    const subjects = COUNTS.map((count) => ({
      label: `${count} ${count === 1 ? "login" : "logins"}`,
      measure: () => signIn(count),
    }));
    const rows = await alternate(rounds, subjects);
    const timesOf = (count: number) => rows[COUNTS.indexOf(count)]!.values;
    const elapsed = median(timesOf(GOAL.count));
    const least = kept.get(GOAL.count)!;
    const points = rows.map(({ values }, index) => ({ label: "logins", x: COUNTS[index]!, values }));
    return {
      plot: {
        name: "simultaneous-logins",
        title: "Simultaneous logins, until the last has ended",
        unit: "ms",
        x: "logins",
        points,
      },
      results: [
        {
          title: "Simultaneous logins",
          text: "Processes started at once in an empty home, at a server that answers at once: from the start of the first to the end of the last.",
          unit: "ms",
          rows,
          remarks: [...refused].map(
            ([count, times]) =>
              `With ${count} logins, ${times} in all rounds together gave up after waiting 15 s for the lock (exit 6).`,
          ),
        },
      ],
      targets: [
        {
          what: `${GOAL.count} simultaneous logins under different names`,
          target: `${GOAL.count} contexts, ≤ 2 s`,
          measured: `${least} contexts, ${(elapsed / 1000).toFixed(2)} s`,
          isMet: least === GOAL.count && elapsed <= GOAL.limitMs,
        },
        atMost({
          what: `${DOUBLE.count} simultaneous logins (${kept.get(DOUBLE.count)} contexts) against ${GOAL.count}`,
          limit: DOUBLE.limit,
          measured: ratio(timesOf(DOUBLE.count), timesOf(GOAL.count)),
          show: times,
        }),
      ],
    };
  } finally {
    await cloud.stop();
  }
}
