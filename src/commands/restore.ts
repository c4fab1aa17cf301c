import { command } from "../cli/command.ts";
import type { Changes } from "../store/compare.ts";
import { listNames } from "../system/text.ts";
import { bringBack, findRestorable, listRestorable, type Restorable } from "../store/restore.ts";
import { reportNarrowed } from "../auth/report-login.ts";
import type { Cli } from "../app.ts";
import type { Cell } from "../system/table.ts";
import { showAge, showTime } from "../system/time.ts";

export const restore = command({
  name: "restore",
  description: "List or bring back earlier versions of the contexts file",
  section: "Repair",
  args: {
    id: {
      type: "positional",
      required: false,
      valueHint: "version",
      description: "Version to bring back (default: list them)",
    },
  },
  examples: [
    ["bentocloud restore", "list the versions"],
    ["bentocloud restore 3f9c", "bring one back"],
  ],
  async run(args, cli) {
    if (args.id === undefined) return list(cli);
    const { output, store } = cli;
    const kept = findRestorable(store, args.id);
    const { changes, undo, aside, narrowed, taken } = await bringBack(store, kept);
    if (output.json)
      output.data({ restored: kept.id, ...changes, undo: undo ?? null, aside: aside ?? null, taken });
    const done = describeChanges(changes);
    if (aside !== undefined) output.info(`What could not be read is kept as ${aside}`);
    if (taken.length > 0) {
      output.warn(
        `another login is called ${listNames(taken)} by now; rename it and restore ${kept.id} again to have both`,
      );
    }
    const isNothing = done === "" && undo === undefined && aside === undefined;
    if (isNothing && taken.length === 0) {
      output.success(`Nothing to bring back: all of ${kept.id} is there`);
    } else if (!isNothing) {
      output.success(`Brought back ${kept.id}${done === "" ? "" : `: ${done}`}`);
    }
    reportNarrowed(cli, narrowed);
    if (undo !== undefined) output.hint(`bentocloud restore ${undo} undoes this`);
  },
});

async function list({ output, store, now }: Cli): Promise<void> {
  const versions = await listRestorable(store);
  if (output.json) return output.data({ versions: versions.map(toJson) });
  if (versions.length === 0)
    return output.info("No other version is kept yet; each login, logout and rename keeps one");
  const rows = versions.map((version) => toRow(version, now()));
  await output.table(["ID", "TIME", "AGE", "CONTEXTS", "WHAT HAPPENED THEN"], rows);
}

function toJson({ id, kind, time, contexts, changes }: Restorable) {
  return { id, kind, time: time.toISOString(), contexts, changes };
}

function toRow({ id, kind, time, contexts, changes }: Restorable, now: Date): Cell[] {
  const isLost = kind === "loss";
  const then = isLost ? `lost ${listNames(contexts)}` : changes ? describeChanges(changes) : "";
  const cells = [id, showTime(time), showAge(time, now), String(contexts.length), then || "-"];
  return isLost ? cells.map((text) => ({ text, tone: "warning" })) : cells;
}

/** For people; empty when nothing that has a name differs. */
function describeChanges({ added, removed, changed, current }: Changes): string {
  const parts = [
    added.length > 0 && `added ${listNames(added)}`,
    removed.length > 0 && `removed ${listNames(removed)}`,
    changed.length > 0 && `changed ${listNames(changed)}`,
    current && `current ${current.from} → ${current.to}`,
  ];
  return parts.filter((part) => typeof part === "string").join("; ");
}
