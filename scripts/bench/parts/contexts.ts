import type { Bench } from "../bench.ts";
import { homeInUse, homeWithFile, LAYOUTS } from "../homes.ts";
import type { Part, Result, Target } from "../result.ts";
import { ratio } from "../statistics.ts";
import { atMost, times } from "../target.ts";
import { alternate, type Subject, time } from "../timing.ts";

const COUNTS = [1, 100, 1_000, 10_000];
/** A switch needs at least two contexts. */
const SWITCHED = [2, 100, 1_000, 10_000];
const LIMITS: Record<number, number> = { 100: 1.3, 1_000: 2 };
/** How many times as long as `token` with one context a switch between so many may take. */
const SWITCH_LIMITS: Record<number, number> = { 2: 2, 1_000: 6 };

/** How the time of a command grows with the number of contexts. */
export async function measureContexts(bench: Bench): Promise<Part> {
  const inUse = await measureTokens(bench, homeInUse);
  const layouts = [];
  for (const layout of LAYOUTS)
    layouts.push({
      layout,
      ...(await measureTokens(bench, (sandbox, count) => homeWithFile(sandbox, count, { layout }))),
    });
  const switched = await measureSwitches(bench);
  const lines = [
    { label: "token", rows: inUse.rows, sizes: COUNTS },
    ...layouts.map(({ layout, rows }) => ({ label: `token, ${layout}`, rows, sizes: COUNTS })),
    { label: "use", rows: switched.rows.slice(1), sizes: SWITCHED },
  ];
  return {
    plot: {
      name: "many-contexts",
      title: "Commands in a file of many contexts",
      unit: "ms",
      x: "contexts",
      isLogarithmic: true,
      points: lines.flatMap(({ label, rows, sizes }) =>
        rows.map(({ values }, index) => ({ label, x: sizes[index]!, values })),
      ),
    },
    results: [
      {
        ...inUse,
        title: "`token` with many contexts",
        text: "Our program has written the file before, as is nearly always the case.",
      },
      ...layouts.map(({ layout, ...result }) => ({
        ...result,
        title: `\`token\` with many contexts, ${layout}`,
        text: "No version of the file has been recorded yet.",
      })),
      {
        ...switched,
        title: "`use`, back and forth",
        text: "A command that writes: it takes the lock and replaces the file. Beside `token` with one context.",
      },
    ],
    targets: [
      ...targetsOf("`token` with", inUse),
      ...layouts.flatMap(({ layout, ...result }) => targetsOf(`\`token\`, ${layout}, with`, result)),
      ...Object.entries(SWITCH_LIMITS).map(([count, limit]) =>
        atMost({
          what: `\`use\` with ${labelOf(Number(count))} against \`token\``,
          limit,
          measured: ratio(
            switched.rows[SWITCHED.indexOf(Number(count)) + 1]!.values,
            switched.rows[0]!.values,
          ),
          show: times,
        }),
      ),
    ],
  };
}

type Measured = Pick<Result, "unit" | "rows">;

function targetsOf(what: string, { rows }: Measured): Target[] {
  return Object.entries(LIMITS).map(([count, limit]) =>
    atMost({
      what: `${what} ${labelOf(Number(count))} against 1`,
      limit,
      measured: ratio(rows[COUNTS.indexOf(Number(count))]!.values, rows[0]!.values),
      show: times,
    }),
  );
}

async function measureTokens(
  { sandbox, rounds }: Bench,
  makeHome: (sandbox: Bench["sandbox"], count: number) => Promise<string>,
): Promise<Measured> {
  const subjects = COUNTS.map(async (count, index): Promise<Subject> => {
    const env = sandbox.environment({ BENTOML_HOME: await makeHome(sandbox, count) });
    const command = [sandbox.binary, "token"];
    return {
      label: labelOf(count),
      ...(index === 0 && { reference: "first" }),
      measure: () => time({ command, env, cwd: sandbox.folder }),
    };
  });
  return { unit: "ms", rows: await alternate(rounds, await Promise.all(subjects)) };
}

async function measureSwitches({ sandbox, rounds }: Bench): Promise<Measured> {
  const cwd = sandbox.folder;
  const environment = async (count: number) =>
    sandbox.environment({ BENTOML_HOME: await homeInUse(sandbox, count) });
  const one = await environment(1);
  const token: Subject = {
    label: "token",
    reference: "first",
    measure: () => time({ command: [sandbox.binary, "token"], env: one, cwd }),
  };
  const subjects = SWITCHED.map(async (count): Promise<Subject> => {
    const env = await environment(count);
    // The names take turns, so that each switch undoes the one before.
    const names = ["c0", `c${count - 1}`];
    const commandOf = (round: number) => [sandbox.binary, "use", names[Math.abs(round) % 2]!];
    return {
      label: `use, ${labelOf(count)}`,
      measure: (round) => time({ command: commandOf(round), env, cwd }),
    };
  });
  return { unit: "ms", rows: await alternate(rounds, [token, ...(await Promise.all(subjects))]) };
}

function labelOf(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "context" : "contexts"}`;
}
