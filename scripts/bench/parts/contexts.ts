import type { Bench } from "../bench.ts";
import { homeByHand, homeByUse } from "../homes.ts";
import type { Part, Result, Target } from "../result.ts";
import { ratio } from "../statistics.ts";
import { alternate, type Subject, time } from "../timing.ts";

const COUNTS = [1, 100, 1_000, 10_000];
/** A switch takes two. */
const SWITCHED = [2, 100, 1_000, 10_000];
const LIMITS: Record<number, number> = { 100: 1.3, 1_000: 3 };

type MakeHome = typeof homeByHand;

/** The same commands with more and more contexts in the file. */
export async function measureContexts(bench: Bench): Promise<Part> {
  const token = () => [["token"]];
  const byUse = await crowd(bench, COUNTS, homeByUse, token, "token");
  const byHand = await crowd(bench, COUNTS, homeByHand, token);
  const thereAndBack = (count: number) => [
    ["use", "c0"],
    ["use", `c${count - 1}`],
  ];
  const switched = await crowd(bench, SWITCHED, homeByUse, thereAndBack, "use");
  return {
    results: [
      {
        ...byUse,
        title: "`token` with many contexts",
        text: "In a file that the program has written before, as it nearly always is.",
        plot: { name: "contexts", alt: "Time of token and use against the number of contexts" },
      },
      {
        ...byHand,
        title: "`token`, file written by hand",
        text: "Nothing is known of the file from before.",
      },
      {
        ...switched,
        title: "`use`, there and back",
        text: "A writer: it takes the lock, keeps a version and replaces the file.",
      },
    ],
    targets: Object.entries(LIMITS).map(([count, limit]): Target => {
      const times = ratio(byUse.rows[COUNTS.indexOf(Number(count))]!.values, byUse.rows[0]!.values);
      return {
        what: `\`token\` with ${Number(count).toLocaleString("en")} contexts against 1`,
        target: `≤ ${limit}×`,
        measured: `${times.toFixed(2)}×`,
        isMet: times <= limit,
      };
    }),
  };
}

async function crowd(
  { workshop, rounds }: Bench,
  counts: readonly number[],
  makeHome: MakeHome,
  commandsFor: (count: number) => string[][],
  line?: string,
): Promise<Pick<Result, "unit" | "rows">> {
  const subjects = counts.map(async (count, index): Promise<Subject> => {
    const env = workshop.environment({ BENTOML_HOME: await makeHome(workshop, count) });
    const commands = commandsFor(count).map((words) => [workshop.binary, ...words]);
    // In turn, so that each can undo the one before.
    const commandOf = (round: number) => commands[Math.abs(round) % commands.length]!;
    return {
      label: `${count.toLocaleString("en")} ${count === 1 ? "context" : "contexts"}`,
      ...(index === 0 && { reference: "first" }),
      ...(line !== undefined && { at: { line, x: count } }),
      measure: (round) => time({ command: commandOf(round), env, cwd: workshop.folder }),
    };
  });
  return { unit: "ms", rows: await alternate(rounds, await Promise.all(subjects)) };
}
