import type { Bench } from "../bench.ts";
import { makeHistory } from "../history.ts";
import { homeInUse } from "../homes.ts";
import type { Part, Result } from "../result.ts";
import { median, ratio } from "../statistics.ts";
import { atLeast, atMost, milliseconds } from "../target.ts";
import { alternate, type Subject, time } from "../timing.ts";

const ALL_OBJECTS = ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"];

/** A look at a history, beside git alone and gitleaks; and what a hook adds to a commit. */
export async function measureScan({ sandbox, peers, rounds }: Bench): Promise<Part> {
  const env = sandbox.environment({ BENTOML_HOME: await homeInUse(sandbox, 1) });
  const cwd = await makeHistory(sandbox);
  const subject = (label: string, command: string[], reference?: Subject["reference"]): Subject => ({
    label,
    ...(reference && { reference }),
    measure: () => time({ command, env, cwd }),
  });
  const all = [
    subject("git cat-file", ["sh", "-c", `${ALL_OBJECTS.join(" ")} | cat >/dev/null`], "floor"),
    subject("scan --history", [sandbox.binary, "scan", "--history"]),
  ];
  const { gitleaks } = peers;
  if (gitleaks) all.push(subject(gitleaks.label, gitleaks.command, "peer"));
  const history = await alternate(rounds, all);
  const hook = await alternate(rounds, [
    subject("bare Bun program", [sandbox.bare], "floor"),
    subject("scan --staged", [sandbox.binary, "scan", "--staged"]),
  ]);
  const [alone, ours, other] = history.map(({ values }) => values);
  const added = median(hook[1]!.values) - median(hook[0]!.values);
  const results: Result[] = [
    {
      title: "`scan --history`",
      text: "About 30,000 objects. Git alone reads every object and nobody looks at it.",
      unit: "ms",
      rows: history,
    },
    { title: "`scan --staged`", text: "What a hook adds to each commit.", unit: "ms", rows: hook },
  ];
  return {
    results,
    targets: [
      atLeast({ what: "`scan --history` against git alone", limit: 0.9, measured: ratio(alone!, ours!) }),
      atLeast({
        what: "`scan --history` against gitleaks",
        limit: 5,
        measured: other && ratio(other, ours!),
      }),
      atMost({
        what: "`scan --staged` over a bare Bun program",
        limit: 50,
        measured: added,
        show: milliseconds,
      }),
    ],
  };
}
