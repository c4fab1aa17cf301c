import type { Cli } from "../app.ts";
import { resolveActive } from "../resolve/active.ts";
import { type Check, type Finding, toFinding } from "./check.ts";
import { current, lost, names, tokens, values } from "./contexts/entries.ts";
import { file, home, leftovers, modes } from "./contexts/files.ts";
import { rotations } from "./contexts/rotations.ts";
import { completion } from "./machine/completion.ts";
import { copies } from "./machine/copies.ts";
import { environment } from "./machine/environment.ts";
import { runtime } from "./machine/runtime.ts";
import { type Result, text } from "./report.ts";

export interface GroupResult {
  title: string;
  results: Result[];
  /** How many of them `--fix` would repair. */
  repairable: number;
}

interface Options {
  fix: boolean;
  /** Open no connection. */
  offline: boolean;
  insecureHttp: boolean;
}

/**
 * Runs every check, one after the other: a repair of one may be what the next one needs, and one of the contexts file
 * can change which server there is to ask.
 */
export async function runDoctor(cli: Cli, options: Options): Promise<GroupResult[]> {
  const groups: [title: string, checks: readonly Check[]][] = [
    // Modes come before whatever narrows them in passing.
    ["Contexts", [home, modes, leftovers, file, lost, names, tokens, current, values, rotations]],
    ["This machine", [environment, runtime, completion, copies]],
    ["Server", options.offline ? [] : (await import("./server/sequence.ts")).serverChecks(options)],
  ];
  const reader = withoutNotices(cli);
  const found: GroupResult[] = [];
  for (const [title, checks] of groups) {
    const group: GroupResult = { title, results: [], repairable: 0 };
    for (const check of checks) {
      const finding = await look(reader, check);
      if (!finding) continue;
      group.results.push(await settle(reader, check, finding, options));
      if (finding.repair && !options.fix) group.repairable += 1;
    }
    if (group.results.length > 0) found.push(group);
  }
  return found;
}

/**
 * A command that reads the contexts file says once what another program removed from it. `doctor` reports that in a
 * check of its own, and must not use up the notice.
 */
function withoutNotices(cli: Cli): Cli {
  const read = () => cli.store.read({ notice: false });
  const { env, flags } = cli;
  const file = () => cli.store.paths.file;
  return {
    ...cli,
    store: { ...cli.store, read },
    resolve: () =>
      resolveActive({ flag: flags.context, env, cwd: () => cli.cwd(), file, read, warn: () => {} }),
  };
}

async function look(cli: Cli, { run }: Check): Promise<Finding | undefined> {
  try {
    return await run(cli);
  } catch (error) {
    return toFinding(error, cli);
  }
}

/** Repairs what a check found if that was asked for. A repair that fails does not keep the others from being made. */
async function settle(cli: Cli, check: Check, finding: Finding, { fix }: Options): Promise<Result> {
  if (!finding.repair || !fix) return toResult(check, finding);
  try {
    const message = await finding.repair();
    const after = (await look(cli, check)) ?? { status: "ok" };
    return { ...toResult(check, { ...after, message }), fixed: true };
  } catch (error) {
    const { message: why, hint } = toFinding(error, cli);
    const message = text`${finding.message}; not repaired: ${why}`;
    return toResult(check, { ...finding, message, ...(hint && { hint }) });
  }
}

function toResult({ id }: Check, { status, message, hint }: Finding): Result {
  return { id, status, message, hint: hint ?? null, fixed: false };
}
