import type { Bench } from "../bench.ts";
import { makeHistory } from "../history.ts";
import { homeInUse } from "../homes.ts";
import { countPlaces } from "../planted.ts";
import type { Part, Result } from "../result.ts";
import { median, ratio } from "../statistics.ts";
import { atLeast, atMost, milliseconds } from "../target.ts";
import { alternate, type Subject, time } from "../timing.ts";
import { PLACES } from "../../../test/scan/sixteen-places.ts";

const ALL_OBJECTS = ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"];
const DEPENDENCIES = new URL("../../../node_modules", import.meta.url).pathname;

/** A look at a history, beside git alone and gitleaks; at a warm tree; and what a hook adds to a commit. */
export async function measureScan(bench: Bench): Promise<Part> {
  const { sandbox, peers, rounds } = bench;
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
  const bare = () => subject("bare Bun program", [sandbox.bare], "floor");
  const tree = await alternate(rounds, [bare(), subject("scan", [sandbox.binary, "scan", DEPENDENCIES])]);
  const hook = await alternate(rounds, [
    bare(),
    subject("scan --staged", [sandbox.binary, "scan", "--staged"]),
  ]);
  const places = await countPlaces(bench);
  const [alone, ours, other] = history.map(({ values }) => values);
  const added = (rows: typeof hook) => median(rows[1]!.values) - median(rows[0]!.values);
  const speed = bytesOf([sandbox.binary, "scan", DEPENDENCIES, "--json"], { env, cwd }) / added(tree) / 1e6;
  const found = places[0]!.values[0]!;
  const results: Result[] = [
    {
      title: "`scan --history`",
      text: "About 64,000 objects, 300 MB. Git alone reads every object and nobody looks at it.",
      unit: "ms",
      rows: history,
    },
    {
      title: "What a scan finds",
      text: "One token in each of 16 places of a repository: deleted branches, notes, base64, UTF-16 and others.",
      unit: "places",
      rows: places,
    },
    { title: "`scan` of a warm tree", text: "The dependencies of this project.", unit: "ms", rows: tree },
    { title: "`scan --staged`", text: "What a hook adds to each commit.", unit: "ms", rows: hook },
  ];
  return {
    plot: {
      name: "scan-history",
      title: "A history of 64,000 objects, beside git alone and gitleaks",
      unit: "ms",
      points: history,
    },
    results,
    targets: [
      atLeast({ what: "`scan --history` against git alone", limit: 0.9, measured: ratio(alone!, ours!) }),
      atLeast({
        what: "`scan --history` against gitleaks",
        limit: 5,
        measured: other && ratio(other, ours!),
      }),
      {
        what: "`scan --history` finds",
        target: `${PLACES.length} places`,
        measured: `${found}`,
        isMet: found === PLACES.length,
      },
      {
        what: "`scan` of a warm tree",
        target: "≥ 1 GB/s",
        measured: `${speed.toFixed(2)} GB/s`,
        isMet: speed >= 1,
      },
      atMost({
        what: "`scan --staged` over a bare Bun program",
        limit: 50,
        measured: added(hook),
        show: milliseconds,
      }),
    ],
  };
}

function bytesOf(command: string[], options: { env: Record<string, string>; cwd: string }): number {
  const { stdout } = Bun.spawnSync(command, options);
  return (JSON.parse(stdout.toString()) as { scanned: { bytes: number } }).scanned.bytes;
}
