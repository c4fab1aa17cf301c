import { compare, listNames } from "../../store/compare.ts";
import type { Cli } from "../../app.ts";
import { type Check, counted, withContexts } from "../check.ts";

/** Entries that share a name: all but the first are out of reach, for Python bentoml too. */
export const names: Check = {
  id: "names",
  look: (cli) =>
    withContexts(cli, (file) => {
      const groups = Map.groupBy(file.contexts, ({ name }) => name);
      const shared = [...groups].flatMap(([name, entries]) => (entries.length > 1 ? [name] : []));
      if (shared.length === 0) return { status: "ok", message: "every context has a name of its own" };
      return {
        status: "warn",
        message: `${counted(shared.length, "name")} given to more than one context, of which only the first counts: ${listNames(shared)}`,
        repair: () => separate(cli),
      };
    }),
};

async function separate({ store }: Cli): Promise<string> {
  const before = await store.read();
  const { file } = await store.update(() => ({ changes: [{ kind: "separate" }] }));
  const { added } = compare(before, file);
  return added.length === 0
    ? "removed later entries that were the same login"
    : `gave later entries names of their own: ${listNames(added)}`;
}
