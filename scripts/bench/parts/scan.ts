import type { Bench } from "../bench.ts";
import { makeHistory } from "../history.ts";
import { homeInUse } from "../homes.ts";
import { countPlaces } from "../planted.ts";
import type { Part, Result, Target } from "../result.ts";
import { percentile, ratio } from "../statistics.ts";
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
  const added = (rows: typeof hook) => percentile(rows[1]!.values, 0.5) - percentile(rows[0]!.values, 0.5);
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
    results,
    targets: [
      atLeast("`scan --history` against git alone", 0.9, ratio(alone!, ours!)),
      atLeast("`scan --history` against gitleaks", 5, other && ratio(other, ours!)),
      target("`scan --history` finds", `${PLACES.length} places`, `${found}`, found === PLACES.length),
      target("`scan` of a warm tree", "≥ 1 GB/s", `${speed.toFixed(2)} GB/s`, speed >= 1),
      target(
        "`scan --staged` over a bare Bun program",
        "≤ 50 ms",
        `${added(hook).toFixed(0)} ms`,
        added(hook) <= 50,
      ),
    ],
  };
}

function bytesOf(command: string[], options: { env: Record<string, string>; cwd: string }): number {
  const { stdout } = Bun.spawnSync(command, options);
  return (JSON.parse(stdout.toString()) as { scanned: { bytes: number } }).scanned.bytes;
}

function target(what: string, wanted: string, measured: string, isMet: boolean | null): Target {
  return { what, target: wanted, measured, isMet };
}

function atLeast(what: string, factor: number, times: number | undefined): Target {
  const measured = times === undefined ? "not measured" : `${times.toFixed(2)}×`;
  return target(what, `≥ ${factor}× as fast`, measured, times === undefined ? null : times >= factor);
}
