import { command } from "../cli/command.ts";
import type { ChangedField, Changes } from "../store/compare.ts";
import { listNames, quoteWord } from "../system/text.ts";
import { bringBack, findRestorable, listRestorable, type Restorable } from "../store/restore.ts";
import { reportErased } from "../auth/report-left.ts";
import { reportNarrowed } from "../auth/report-login.ts";
import type { Cli } from "../app.ts";
import type { Cell } from "../system/table.ts";
import { showWhen } from "../system/time.ts";

export const restore = command({
  name: "restore",
  description: "List or bring back earlier versions of the contexts file",
  section: "Check and repair",
  args: {
    id: {
      type: "positional",
      required: false,
      valueHint: "version",
      description: "Version to bring back (default: pick one on a terminal, else list them)",
    },
  },
  examples: [
    ["bentocloud restore", "pick a version; each says what it would change"],
    ["bentocloud restore 3f9c", "bring one back"],
    ["bentocloud restore --no-input", "list the versions"],
  ],
  async run(args, cli) {
    const id = args.id ?? (await choose(cli));
    if (id === undefined) return;
    const { output, store } = cli;
    const kept = findRestorable(store, id);
    const { changes, undo, aside, narrowed, taken } = await bringBack(store, kept);
    if (output.json)
      output.data({ restored: kept.id, ...changes, undo: undo ?? null, aside: aside ?? null, taken });
    const done = describeChanges(changes, DONE);
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
    const back = [...changes.added, ...changes.changed];
    if (back.length > 0) output.hint(adviseToCheck(back));
    if (undo !== undefined) output.hint(`bentocloud restore ${undo} undoes this`);
    await reportErased(cli, back);
  },
});

/** A token may have been deleted on its server since: rotated away, or revoked. */
function adviseToCheck([name = "", ...others]: readonly string[]): string {
  return others.length > 0
    ? "`bentocloud status --all` says whether their API tokens still work"
    : `\`bentocloud status --context=${quoteWord(name)}\` says whether its API token still works`;
}

/** Undefined when the versions were listed instead. */
async function choose(cli: Cli): Promise<string | undefined> {
  const { output, store, interactive } = cli;
  const versions = await listRestorable(store);
  if (output.json) return void output.data({ versions: versions.map(toJson) });
  if (versions.length === 0)
    return void output.info("No other version is kept yet; each login, logout and rename keeps one");
  const rows = versions.map((version) => toRow(version, cli));
  if (!interactive || !cli.isTerminal(1)) return void (await output.table(HEADER, rows.map(toCells)));
  const prompt = await cli.prompt();
  const choices = rows.map(({ id, age, effect }) => ({ value: id, label: id, details: [age, effect] }));
  return prompt.pick("Bring back which version?", choices);
}

function toJson({ time, deleted, ...version }: Restorable) {
  return { ...version, time: time.toISOString(), deleted_tokens: deleted };
}

const HEADER = ["ID", "KEPT", "BRINGING IT BACK"];

interface Row {
  id: string;
  age: string;
  effect: string;
  isLoss: boolean;
}

function toRow({ id, kind, time, contexts, changes, deleted }: Restorable, { now, flags }: Cli): Row {
  const isLoss = kind === "loss";
  const effect = changes
    ? describeChanges(changes, WOULD)
    : `brings back ${listNames(contexts)} in place of the file that cannot be read`;
  const isChangedBack = changes !== null && changes.added.length === 0;
  const why = isLoss ? `, which another program ${isChangedBack ? "changed back" : "removed"}` : "";
  const [noun, verb] = deleted.length === 1 ? ["token", "was"] : ["tokens", "were"];
  const dead = deleted.length > 0 ? `; the API ${noun} of ${listNames(deleted)} ${verb} deleted` : "";
  return { id, age: showWhen(time, now(), flags), effect: effect + why + dead, isLoss };
}

function toCells({ id, age, effect, isLoss }: Row): Cell[] {
  const cells = [id, age, effect];
  return isLoss ? cells.map((text) => ({ text, tone: "warning" })) : cells;
}

const DONE = { add: "added", change: "changed", remove: "removed", make: "made" };
const WOULD = { add: "adds", change: "changes", remove: "removes", make: "makes" };

const FIELDS: Record<ChangedField, string> = { endpoint: "endpoint", api_token: "token", email: "e-mail" };

/** For people; empty when nothing that has a name differs. */
function describeChanges(changes: Changes, verbs: typeof DONE): string {
  const { added, removed, changed, changed_fields, current } = changes;
  const whatOf = (name: string) =>
    (changed_fields[name] ?? []).map((field) => FIELDS[field]).join(" and ") || "login";
  const byWhat = [...Map.groupBy(changed, whatOf)];
  const parts = [
    added.length > 0 && `${verbs.add} ${listNames(added)}`,
    ...byWhat.map(([what, names]) => `${verbs.change} the ${what} of ${listNames(names)}`),
    removed.length > 0 && `${verbs.remove} ${listNames(removed)}`,
    current && `${verbs.make} ${current.to} current`,
  ];
  return parts.filter((part) => typeof part === "string").join(", ");
}
