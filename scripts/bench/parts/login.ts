import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type LocalCloud, startCloud } from "../../../test/support/cloud.ts";
import type { Bench } from "../bench.ts";
import type { Part } from "../result.ts";
import { median } from "../statistics.ts";
import { atMost, milliseconds } from "../target.ts";
import { alternate, type Subject, timeWithServer } from "../timing.ts";

const SLOW_MS = 200;
const LIMIT_MS = 60;

/** Repeated logins at a server that answers at once and at a slow one. */
export async function measureLogin(bench: Bench): Promise<Part> {
  const [fast, slow] = await Promise.all([startCloud(), startCloud({ delayMs: SLOW_MS })]);
  try {
    const results = [];
    for (const { cloud, title } of [
      { cloud: fast, title: "Login at a server that answers at once" },
      { cloud: slow, title: `Login at a server that takes ${SLOW_MS} ms for each answer` },
    ]) {
      const rows = await alternate(bench.rounds, subjectsFor(bench, cloud));
      const text = "Ours reads the token from standard input, bentoml takes it as an option.";
      results.push({ title, text, unit: "ms" as const, rows });
    }
    const target = atMost({
      what: `\`login --with-token\` when the server takes ${SLOW_MS} ms per answer`,
      limit: LIMIT_MS,
      measured: median(results[1]!.rows[0]!.values) - SLOW_MS,
      show: (value) => `${SLOW_MS} + ${milliseconds(value)}`,
    });
    return { results, targets: [target] };
  } finally {
    await Promise.all([fast.stop(), slow.stop()]);
  }
}

function subjectsFor({ sandbox, peers }: Bench, cloud: LocalCloud): Subject[] {
  const token = cloud.issueToken();
  const at = ["login", "--endpoint", cloud.url, "--context", "bench"];
  const cwd = sandbox.folder;
  const environment = () => sandbox.environment({ BENTOML_HOME: mkdtempSync(join(sandbox.folder, "home-")) });
  const command = [sandbox.binary, ...at, "--with-token"];
  const env = environment();
  const ours: Subject = {
    label: "login --with-token",
    measure: () => timeWithServer({ command, env, cwd, stdin: token }),
  };
  if (!peers.bentoml) return [ours];
  const theirs = {
    command: [...peers.bentoml.command, "cloud", ...at, "--api-token", token],
    env: { ...peers.bentoml.env, ...environment() },
    cwd,
  };
  return [ours, { label: "bentoml cloud login", reference: "peer", measure: () => timeWithServer(theirs) }];
}
