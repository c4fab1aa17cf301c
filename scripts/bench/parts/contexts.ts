import type { Bench } from "../bench.ts";
import { homeWithFile, homeInUse } from "../homes.ts";
import type { Part, Result, Target } from "../result.ts";
import { ratio } from "../statistics.ts";
import { alternate, type Subject, time } from "../timing.ts";

const COUNTS = [1, 100, 1_000, 10_000];
/** A switch needs at least two contexts. */
const SWITCHED = [2, 100, 1_000, 10_000];
const LIMITS: Record<number, number> = { 100: 1.3, 1_000: 3 };

type MakeHome = typeof homeWithFile;

/** How the time of a command grows with the number of contexts. */
export async function measureContexts(bench: Bench): Promise<Part> {
  const token = () => [["token"]];
  const inUse = await measureCounts(bench, COUNTS, homeInUse, token);
  const fileOnly = await measureCounts(bench, COUNTS, homeWithFile, token);
  const backAndForth = (count: number) => [
    ["use", "c0"],
    ["use", `c${count - 1}`],
  ];
  const switched = await measureCounts(bench, SWITCHED, homeInUse, backAndForth);
  return {
    results: [
      {
        ...inUse,
        title: "`token` with many contexts",
        text: "Our program has written the file before, as is nearly always the case.",
      },
      {
        ...fileOnly,
        title: "`token` with many contexts, file never written by us",
        text: "No version of the file has been recorded yet.",
      },
      {
        ...switched,
        title: "`use`, back and forth",
        text: "A command that writes: it takes the lock and replaces the file.",
      },
    ],
    targets: Object.entries(LIMITS).map(([count, limit]): Target => {
      const times = ratio(inUse.rows[COUNTS.indexOf(Number(count))]!.values, inUse.rows[0]!.values);
      return {
        what: `\`token\` with ${Number(count).toLocaleString("en")} contexts against 1`,
        target: `≤ ${limit}×`,
        measured: `${times.toFixed(2)}×`,
        isMet: times <= limit,
      };
    }),
  };
}

async function measureCounts(
  { sandbox, rounds }: Bench,
  counts: readonly number[],
  makeHome: MakeHome,
  commandsFor: (count: number) => string[][],
): Promise<Pick<Result, "unit" | "rows">> {
  const subjects = counts.map(async (count, index): Promise<Subject> => {
    const env = sandbox.environment({ BENTOML_HOME: await makeHome(sandbox, count) });
    const commands = commandsFor(count).map((args) => [sandbox.binary, ...args]);
    // The commands take turns, so that each undoes the one before.
    const commandOf = (round: number) => commands[Math.abs(round) % commands.length]!;
    return {
      label: `${count.toLocaleString("en")} ${count === 1 ? "context" : "contexts"}`,
      ...(index === 0 && { reference: "first" }),
      measure: (round) => time({ command: commandOf(round), env, cwd: sandbox.folder }),
    };
  });
  return { unit: "ms", rows: await alternate(rounds, await Promise.all(subjects)) };
}
