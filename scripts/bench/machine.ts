import { cpus, loadavg, release, totalmem } from "node:os";
import { readFileSync } from "node:fs";
import manifest from "../../package.json" with { type: "json" };
import type { Bench } from "./bench.ts";
import type { Facts } from "./result.ts";

/** Call it before anything is measured, so that it shows the load of the machine and not of the benchmark. */
export function describeMachine({ peers, rounds }: Bench): Facts {
  const processors = cpus();
  const versions = Object.entries({
    gh: peers.gh,
    kubectl: peers.kubectl,
    bentoml: peers.bentoml,
    gitleaks: peers.gitleaks,
  }).map(([name, peer]): Facts[number] => [name, peer?.version ?? "not measured"]);
  return [
    ["Date", new Date().toISOString().slice(0, 10)],
    ["Processor", `${processors[0]?.model.trim()}, ${processors.length} cores`],
    ["Memory", `${(totalmem() / 2 ** 30).toFixed(0)} GiB`],
    ["System", `${nameOfSystem()}, kernel ${release()}`],
    [
      "Load before, over 1, 5 and 15 minutes",
      loadavg()
        .map((load) => load.toFixed(2))
        .join(", "),
    ],
    ["Rounds", String(rounds)],
    ["bentocloud", manifest.version],
    ["Bun", Bun.version],
    ...versions,
  ];
}

function nameOfSystem(): string {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="(.*)"$/m.exec(text)?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}
