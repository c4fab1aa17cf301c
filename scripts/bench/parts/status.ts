import { type LocalCloud, startCloud } from "../../../test/support/cloud.ts";
import type { Bench } from "../bench.ts";
import { homeWithFile } from "../homes.ts";
import type { Part } from "../result.ts";
import { median } from "../statistics.ts";
import { alternate, type Subject, timeWithServer } from "../timing.ts";

const LATENCIES_MS = [10, 50, 100, 200];
const COUNTS = [1, 50, 100, 200];
const GOAL = { count: 200, latency: 100, limitMs: 2000 };

/** One request or more for every context, at servers of different speed. */
export async function measureStatus({ sandbox, rounds }: Bench): Promise<Part> {
  const clouds: LocalCloud[] = [];
  try {
    const subjects: Subject[] = [];
    for (const latency of LATENCIES_MS) {
      const cloud = await startCloud({ delayMs: latency });
      clouds.push(cloud);
      for (const count of COUNTS) {
        const tokens = Array.from({ length: count }, () => cloud.issueToken());
        const home = await homeWithFile(sandbox, count, { endpoint: cloud.url, tokens });
        const env = sandbox.environment({ BENTOML_HOME: home });
        const command = [sandbox.binary, "status", "--all"];
        subjects.push({
          label: labelOf(count, latency),
          measure: () => timeWithServer({ command, env, cwd: sandbox.folder }),
        });
      }
    }
    const rows = await alternate(rounds, subjects);
    const goal = median(rows.find(({ label }) => label === labelOf(GOAL.count, GOAL.latency))!.values);
    return {
      results: [
        {
          title: "`status --all`",
          text: "All contexts are of one server, which takes the same time for each answer, however many requests come at once.",
          unit: "ms",
          rows,
        },
      ],
      targets: [
        {
          what: `\`status --all\`, ${GOAL.count} contexts, ${GOAL.latency} ms per answer`,
          target: "≤ 2 s",
          measured: `${(goal / 1000).toFixed(2)} s`,
          isMet: goal <= GOAL.limitMs,
        },
      ],
    };
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.stop()));
  }
}

function labelOf(count: number, latency: number): string {
  return `${count} ${count === 1 ? "context" : "contexts"}, ${latency} ms per answer`;
}
