import { listNames } from "../contexts/history/compare.ts";
import { bringBack } from "../contexts/history/restore.ts";
import { type Kept, listKept } from "../contexts/history/ring.ts";
import { readLoss } from "../contexts/history/versions.ts";
import type { Cli } from "../system/cli.ts";
import { type Check, counted, withContexts } from "./check.ts";

/** Contexts that another program took out of the file, and that are still missing. */
export const lost: Check = {
  id: "lost",
  look: (cli) =>
    withContexts(cli, ({ contexts }) => {
      const here = new Set(contexts.map(({ name }) => name));
      const losses = listKept(cli.store.paths.own, "lost").toReversed();
      const missing = new Set(losses.flatMap(namesOf).filter((name) => !here.has(name)));
      if (missing.size === 0) return { status: "ok", message: "no context is lost" };
      const wanted = losses.filter((loss) => namesOf(loss).some((name) => missing.has(name)));
      const message = `another program removed ${counted(missing.size, "context")}: ${listNames([...missing])}`;
      const hint = wanted.map(({ id }) => `bentocloud restore ${id}`).join("; ");
      // With others in the file, somebody may have taken these out on purpose.
      if (contexts.length > 0) return { status: "warn", message, hint };
      return { status: "fail", message, hint, repair: () => bringAllBack(cli, wanted) };
    }),
};

function namesOf(loss: Kept): string[] {
  return readLoss(loss).missing.map(({ name }) => name);
}

/** Newest first, so that of two lost logins with one name the later one comes back. */
async function bringAllBack({ store }: Cli, losses: readonly Kept[]): Promise<string> {
  const added: string[] = [];
  for (const loss of losses) added.push(...(await bringBack(store, loss)).changes.added);
  return `brought back ${listNames(added)}`;
}
