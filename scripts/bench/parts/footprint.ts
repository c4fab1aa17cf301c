import { statSync } from "node:fs";
import type { Bench } from "../bench.ts";
import { homeInUse } from "../homes.ts";
import type { Part, Row } from "../result.ts";
import { median } from "../statistics.ts";
import { atMost, mebibytes } from "../target.ts";

const MEBIBYTE = 2 ** 20;

/**
 * Measured by a small Python process: the peak that the system reports for a child is never below the size of its parent
 * at the moment of the fork, and this process is larger than the programs it measures.
 */
const PEAKS = `import json, os, sys
rounds, commands = int(sys.argv[1]), json.loads(sys.argv[2])
devnull = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
peaks = [[] for _ in commands]
for _ in range(rounds):
    for values, command in zip(peaks, commands):
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=devnull)
        _, status, usage = os.wait4(pid, 0)
        if status != 0: sys.exit(" ".join(command) + " failed")
        values.append(usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024)
print(json.dumps(peaks))`;

/** Peak memory and size on disk. */
export async function measureFootprint({ sandbox, rounds }: Bench): Promise<Part> {
  const env = sandbox.environment({ BENTOML_HOME: await homeInUse(sandbox, 1) });
  const commands = [[sandbox.bare], [sandbox.binary, "token"]];
  const [bare = [], token = []] = peakMemory(commands, { rounds, env });
  const memory: Row[] = [
    { label: "bare Bun program", reference: "floor", values: bare },
    { label: "token", values: token },
  ];
  const size: Row[] = [
    { label: "bare Bun program", reference: "floor", values: [statSync(sandbox.bare).size / MEBIBYTE] },
    { label: "bentocloud", values: [statSync(sandbox.binary).size / MEBIBYTE] },
  ];
  const peak = median(token);
  const over = size[1]!.values[0]! - size[0]!.values[0]!;
  return {
    results: [
      { title: "Peak memory", text: "The largest resident set of the process.", unit: "MiB", rows: memory },
      { title: "Size of the binary", text: "Nearly all of it is Bun.", unit: "MiB", rows: size },
    ],
    targets: [
      atMost({ what: "peak memory of `token`", limit: 40, measured: peak, show: mebibytes }),
      atMost({ what: "binary size over bare Bun", limit: 3.5, measured: over, show: mebibytes }),
    ],
  };
}

function peakMemory(
  commands: string[][],
  { rounds, env }: { rounds: number; env: Record<string, string> },
): number[][] {
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    ["python3", "-c", PEAKS, String(rounds), JSON.stringify(commands)],
    { env },
  );
  if (exitCode !== 0) throw new Error(`peak memory: ${stderr.toString()}`);
  return (JSON.parse(stdout.toString()) as number[][]).map((row) => row.map((bytes) => bytes / MEBIBYTE));
}
