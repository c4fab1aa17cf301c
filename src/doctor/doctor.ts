import type { Cli } from "../app.ts";
import { type Check, type Finding, ok, toFinding } from "./check.ts";
import { active } from "./contexts/active-check.ts";
import { entryChecks } from "./contexts/entry-checks.ts";
import { file, home, modes } from "./contexts/file-checks.ts";
import { leaks } from "./contexts/leak-check.ts";
import { leases } from "./contexts/lease-check.ts";
import { rotations } from "./contexts/rotation-check.ts";
import { orphans, stores } from "./contexts/store-check.ts";
import { environment } from "./machine/login-variables.ts";
import { copies, directory, runtime } from "./machine/machine-checks.ts";
import { type Result, type Text, text } from "./report.ts";

export interface Group {
  title: string;
  results: Result[];
}

interface Options {
  fix: boolean;
  /** Open no connection. */
  offline: boolean;
}

/**
 * Runs the checks one after the other, because a repair can decide what a later check finds: repairs of the contexts
 * file come before the checks of the server, whose address they may change.
 */
export async function runDoctor(cli: Cli, options: Options): Promise<Group[]> {
  const groups: { title: string; checks: readonly Check[] }[] = [
    { title: "This machine", checks: [directory, environment, runtime, copies] },
    // `modes` comes before any repair that writes the contexts file, because a write narrows its mode too.
    {
      title: "Contexts",
      checks: [home, modes, file, ...entryChecks, rotations, leases, stores, orphans, leaks],
    },
  ];
  if (options.offline) groups.at(-1)!.checks = [...groups.at(-1)!.checks, active];
  else {
    const { serverChecks } = await import("./server/sequence.ts");
    groups.push({ title: "Server", checks: serverChecks() });
  }
  const done: Group[] = [];
  for (const { title, checks } of groups) {
    const results: Result[] = [];
    for (const check of checks) {
      const finding = await look(cli, check);
      if (finding?.repair && options.fix) results.push(await repair(cli, check, finding, finding.repair));
      else if (finding) results.push(toResult(check, finding));
    }
    done.push({ title, results });
  }
  return done;
}

async function look(cli: Cli, { run }: Check): Promise<Finding | undefined> {
  return run(cli).catch(toFinding);
}

/** A repair that fails does not keep the others from being made. */
async function repair(cli: Cli, check: Check, finding: Finding, act: () => Promise<Text>): Promise<Result> {
  try {
    const message = await act();
    const after = (await look(cli, check)) ?? ok(message);
    return { ...toResult(check, { ...after, message }), fixed: true };
  } catch (error) {
    const { message: why, hint = finding.hint } = toFinding(error);
    const result = toResult(check, {
      ...finding,
      message: text`${finding.message}; not repaired: ${why}`,
      hint,
    });
    return { ...result, isRepairable: false };
  }
}

function toResult({ id }: Check, { status, message, hint, repair }: Finding): Result {
  return { id, status, message, hint: hint ?? null, fixed: false, isRepairable: repair !== undefined };
}
