import { listNames } from "../../store/compare.ts";
import { type Loss, stillLost } from "../../store/recovery.ts";
import { bringBack } from "../../store/restore.ts";
import { type Kept, listKept } from "../../store/versions.ts";
import { readLoss } from "../../store/list-versions.ts";
import type { ContextsFile } from "../../yaml/read.ts";
import type { Cli } from "../../app.ts";
import { type Check, counted, withContexts } from "../check.ts";

/** Contexts that another program took out of the file, and that are still missing. */
export const lost: Check = {
  id: "lost",
  look: (cli) =>
    withContexts(cli, async (file) => {
      const kept = keptLosses(cli).map(({ loss }) => loss);
      // Not even noticed yet: looking must not be what uses up the notice.
      const fresh = await cli.store.findLoss();
      const names = namesOf(cli, fresh ? [fresh, ...kept] : kept, file);
      if (names.length === 0) return { status: "ok", message: "no context is lost" };
      return {
        status: file.contexts.length === 0 ? "fail" : "warn",
        message: `another program removed ${counted(names.length, "context")}: ${listNames(names)}`,
        hint: "bentocloud restore",
        hidden: { context: names },
        repair: () => bringAllBack(cli),
      };
    }),
};

function keptLosses({ store }: Cli): { kept: Kept; loss: Loss }[] {
  return listKept(store.paths.own, "lost")
    .toReversed()
    .filter(({ isBack }) => !isBack)
    .flatMap((kept) => {
      const loss = readLoss(kept);
      return loss ? [{ kept, loss }] : [];
    });
}

function namesOf({ store }: Cli, losses: readonly Loss[], file: ContextsFile): string[] {
  return [
    ...new Set(losses.flatMap((loss) => stillLost(store.paths.own, loss, file)).map(({ name }) => name)),
  ];
}

/** Newest first, so that of two lost logins with one name the later one comes back. */
async function bringAllBack(cli: Cli): Promise<string> {
  const file = await cli.store.read();
  const back: string[] = [];
  for (const { kept, loss } of keptLosses(cli)) {
    if (stillLost(cli.store.paths.own, loss, file).length === 0) continue;
    const { changes } = await bringBack(cli.store, kept);
    back.push(...changes.added, ...changes.changed);
  }
  return `brought back ${listNames(back)}`;
}
