import type { Bench } from "../bench.ts";
import { homeInUse } from "../homes.ts";
import type { Part, Row } from "../result.ts";
import { ratio } from "../statistics.ts";
import { atLeast, atMost, times } from "../target.ts";
import { alternate, type Subject, time } from "../timing.ts";

const COMMANDS = ["--version", "token", "context current"];
const FLOOR = "bare Bun program";

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
  const together = await alternate(rounds, [bare, ...ours, ...others]);
  const pairs: Row[][] = [];
  for (const subject of ours) pairs.push(await alternate(rounds, [bare, subject]));
  const [floor] = together;
  const own = (label: string) => together.find((row) => row.label === label)!.values;
  const against = (label: string, peer: string) => {
    const values = together.find((row) => row.label === peer)?.values;
    return values && ratio(values, own(label));
  };
  return {
    plot: {
      name: "start-up",
      title: "Start-up beside other tools",
      unit: "ms",
      isLogarithmic: true,
      points: together,
    },
    results: [
      {
        title: "Start-up",
        text: "Each command reads its answer from a file with one entry and sends no request. The bare program prints one word: no program made with Bun is faster.",
        unit: "ms",
        rows: together,
      },
      {
        title: "Start-up, in a loop of its own",
        text: "Each command in turn with the bare program alone, so that no larger program takes the processor's caches.",
        unit: "ms",
        rows: [pairs[0]![0]!, ...pairs.map(([, row]) => row!)],
      },
    ],
    targets: COMMANDS.flatMap((label, index) => {
      const [bareAlone, alone] = pairs[index]!;
      return [
        atMost({
          what: `\`${label}\` against a ${FLOOR}, in turn with other tools`,
          limit: 1.8,
          measured: ratio(own(label), floor!.values),
          show: times,
        }),
        atMost({
          what: `\`${label}\` against a ${FLOOR}, in a loop of its own`,
          limit: 1.5,
          measured: ratio(alone!.values, bareAlone!.values),
          show: times,
          target: "≤ 1.5× (the dream: 1.3×)",
        }),
        atLeast({
          what: `\`${label}\` against \`gh auth token\``,
          limit: 5,
          measured: against(label, "gh auth token"),
        }),
        atLeast({
          what: `\`${label}\` against \`bentoml cloud current-context\``,
          limit: 80,
          measured: against(label, "bentoml cloud current-context"),
        }),
      ];
    }),
  };
}
