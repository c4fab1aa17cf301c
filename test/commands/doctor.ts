import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, type RunOptions, type Home } from "../support/bin.ts";

interface Result {
  id: string;
  status: "ok" | "warn" | "fail";
  message: string;
  hint: string | null;
  fixed: boolean;
}

/** Runs `doctor --json` and parses its answer. */
export async function doctor(args: readonly string[], options: RunOptions) {
  const { code, stdout, stderr } = await run(["doctor", "--json", ...args], options);
  const { checks } = JSON.parse(stdout) as { checks: Result[] };
  const of = (id: string) => checks.find((check) => check.id === id);
  return { code, stderr, checks, ids: checks.map(({ id }) => id), of };
}

export const CONTEXTS = [
  "home",
  "modes",
  "file",
  "lost",
  "names",
  "tokens",
  "current",
  "values",
  "rotations",
  "leases",
];

/** An unfinished rotation, as an interrupted `api-token rotate` leaves it. */
export function writeRotation(here: Home, old: { name: string; token: string; endpoint: string }): void {
  const { name, token, endpoint } = old;
  const rotation = {
    id: "r1",
    endpoint,
    started_at: new Date(Date.now() - 3 * 3_600_000).toISOString(),
    identity: { verdict: "valid", email: null, organization: null },
    old: { uid: "u1", name, token },
    wanted: { name: `${name}-r2`, description: "", scopes: ["api"], expires_at: null, flags: {} },
    successor: null,
  };
  const own = join(here.bentoml, ".bentocloud");
  mkdirSync(own, { recursive: true, mode: 0o700 });
  writeFileSync(join(own, "rotations.json"), JSON.stringify([rotation]), { mode: 0o600 });
}
