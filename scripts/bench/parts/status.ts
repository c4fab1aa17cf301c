import { type LocalCloud, startCloud } from "../../../test/support/cloud.ts";
import type { Bench } from "../bench.ts";
import { homeWithFile } from "../homes.ts";
import type { Part, Row } from "../result.ts";
import { median } from "../statistics.ts";
import { atMost, seconds } from "../target.ts";
import { alternate, runWithServer, type Subject, timeWithServer } from "../timing.ts";

const LATENCIES_MS = [10, 50, 100, 200];
const COUNTS = [1, 50, 100, 200];
const GOAL = { count: 200, latency: 100, limitMs: 1000 };
const DEAD = { count: 320, timeoutS: 1 };

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
    const dead = await measureDeadHost({ sandbox, rounds });
    const goal = median(rows.find(({ label }) => label === labelOf(GOAL.count, GOAL.latency))!.values);
    const points = rows.map(({ values }, index) => ({
      label: `${LATENCIES_MS[Math.floor(index / COUNTS.length)]} ms per answer`,
      x: COUNTS[index % COUNTS.length]!,
      values,
    }));
    return {
      plot: { name: "status-all", title: "status --all", unit: "ms", x: "contexts", points },
      results: [
        {
          title: "`status --all`",
          text: "All contexts are of one server, which takes the same time for each answer, however many requests come at once.",
          unit: "ms",
          rows,
        },
        {
          title: "`status --all` of a dead host",
          text: "A host that takes connections and never answers.",
          unit: "ms",
          rows: dead,
        },
      ],
      targets: [
        atMost({
          what: `\`status --all\`, ${GOAL.count} contexts, ${GOAL.latency} ms per answer`,
          limit: GOAL.limitMs,
          measured: goal,
          show: seconds,
        }),
        atMost({
          what: `\`status --all\`, ${DEAD.count} contexts of one dead host, \`--timeout ${DEAD.timeoutS}\``,
          limit: 2 * DEAD.timeoutS * 1000,
          measured: median(dead[0]!.values),
          show: seconds,
        }),
      ],
    };
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.stop()));
  }
}

async function measureDeadHost({ sandbox, rounds }: Pick<Bench, "sandbox" | "rounds">): Promise<Row[]> {
  const host = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  try {
    const endpoint = `http://127.0.0.1:${host.port}`;
    const home = await homeWithFile(sandbox, DEAD.count, { endpoint });
    const env = sandbox.environment({ BENTOML_HOME: home });
    const command = [sandbox.binary, "status", "--all", "--timeout", String(DEAD.timeoutS)];
    const measure = async () => (await runWithServer({ command, env, cwd: sandbox.folder })).elapsed;
    const label = `${DEAD.count} contexts, --timeout ${DEAD.timeoutS}`;
    return await alternate(rounds, [{ label, measure }]);
  } finally {
    host.stop(true);
  }
}

function labelOf(count: number, latency: number): string {
  return `${count} ${count === 1 ? "context" : "contexts"}, ${latency} ms per answer`;
}
