import type { Bench } from "../bench.ts";
import { homeInUse } from "../homes.ts";
import type { Part, Row, Target } from "../result.ts";
import { ratio } from "../statistics.ts";
import { alternate, type Subject, time } from "../timing.ts";

const COMMANDS = ["--version", "token", "context current"];
const FLOOR = "bare Bun program";

const TARGETS: { reference: string; factor: number }[] = [
  { reference: "gh auth token", factor: 3 },
  { reference: "bentoml cloud current-context", factor: 50 },
];

/** Commands that send no request, beside other tools and a program that does nothing. */
export async function measureStartUp({ sandbox, peers, rounds }: Bench): Promise<Part> {
  const env = sandbox.environment({ BENTOML_HOME: await homeInUse(sandbox, 1) });
  const cwd = sandbox.folder;
  const ours = COMMANDS.map((args): Subject => {
    const command = [sandbox.binary, ...args.split(" ")];
    return { label: args, measure: () => time({ command, env, cwd }) };
  });
  const others = [
    peers.gh,
    peers.kubectl,
    peers.bentoml && {
      ...peers.bentoml,
      command: [...peers.bentoml.command, "cloud", "current-context"],
      // A home of its own, because bentoml rewrites the file.
      env: { ...peers.bentoml.env, BENTOML_HOME: await homeInUse(sandbox, 1) },
    },
  ].flatMap((peer): Subject[] => {
    if (peer === undefined) return [];
    const { label, command, env } = peer;
    return [{ label, reference: "peer", measure: () => time({ command, env, cwd }) }];
  });
  const bare: Subject = {
    label: FLOOR,
    reference: "floor",
    measure: () => time({ command: [sandbox.bare], env, cwd }),
  };
  const rows = await alternate(rounds, [bare, ...ours, ...others]);
  return {
    results: [
      {
        title: "Start-up",
        text: "Each command reads its answer from a file with one entry and sends no request. The bare program prints one word: no program made with Bun is faster.",
        unit: "ms",
        rows,
      },
    ],
    targets: COMMANDS.flatMap((label) => targetsOf(label, rows)),
  };
}

function targetsOf(label: string, rows: readonly Row[]): Target[] {
  const valuesOf = (name: string) => rows.find((row) => row.label === name)?.values;
  const own = valuesOf(label)!;
  const slower = ratio(own, valuesOf(FLOOR)!);
  const floor = {
    what: `\`${label}\` against a ${FLOOR}`,
    target: "≤ 2.0× (the dream: 1.5×)",
    measured: `${slower.toFixed(2)}×`,
    isMet: slower <= 2,
  };
  const faster = TARGETS.map(({ reference, factor }): Target => {
    const values = valuesOf(reference);
    const times = values && ratio(values, own);
    return {
      what: `\`${label}\` against \`${reference}\``,
      target: `≥ ${factor}× as fast`,
      measured: times === undefined ? "not measured" : `${times.toFixed(1)}×`,
      isMet: times === undefined ? null : times >= factor,
    };
  });
  return [floor, ...faster];
}
