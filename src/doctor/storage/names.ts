import { listNames } from "../../store/compare.ts";
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
      };
    }),
};
