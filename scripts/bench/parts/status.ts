import { type LocalCloud, startCloud } from "../../../test/support/cloud.ts";
import type { Bench } from "../bench.ts";
import { homeByHand } from "../homes.ts";
import type { Part } from "../result.ts";
import { median } from "../statistics.ts";
import { alternate, type Subject, timeWithServer } from "../timing.ts";

const LATENCIES_MS = [10, 50, 100, 200];
const COUNTS = [1, 50, 100, 200];
const GOAL = { count: 200, latency: 100, limitMs: 2000 };

/** Every context is asked of the server, at servers of different speed. */
export async function measureStatus({ workshop, rounds }: Bench): Promise<Part> {
  const clouds: LocalCloud[] = [];
  try {
    const subjects: Subject[] = [];
    for (const latency of LATENCIES_MS) {
      const cloud = await startCloud({ delayMs: latency });
      clouds.push(cloud);
      for (const count of COUNTS) {
        const tokens = Array.from({ length: count }, () => cloud.issueToken());
        const home = await homeByHand(workshop, count, { endpoint: cloud.url, tokens });
        const env = workshop.environment({ BENTOML_HOME: home });
        const command = [workshop.binary, "status", "--all"];
        subjects.push({
          label: `${count} ${count === 1 ? "context" : "contexts"}, ${latency} ms per answer`,
          at: { line: lineOf(latency), x: count },
          measure: () => timeWithServer({ command, env, cwd: workshop.folder }),
        });
      }
    }
    const rows = await alternate(rounds, subjects);
    const goal = median(
      rows.find(({ at }) => at?.line === lineOf(GOAL.latency) && at.x === GOAL.count)!.values,
    );
    return {
      results: [
        {
          title: "`status --all`",
          text: "One server for all contexts; it takes the same time for each answer, however many it is asked for at once.",
          unit: "ms",
          rows,
          plot: { name: "status", alt: "Time of status --all against the number of contexts" },
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

function lineOf(latency: number): string {
  return `${latency} ms an answer`;
}
