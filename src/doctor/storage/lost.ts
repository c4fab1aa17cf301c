import { listNames } from "../../store/compare.ts";
import { type Check, counted, withContexts } from "../check.ts";

/** Contexts that another program removed from the file, and that are still missing. */
export const lost: Check = {
  id: "lost",
  look: (cli) =>
    withContexts(cli, async (file) => {
      const losses = await cli.store.losses();
      const [newest] = losses;
      if (!newest) return { status: "ok", message: "no context is lost" };
      const names = [...new Set(losses.flatMap(({ contexts }) => contexts))];
      return {
        status: file.contexts.length === 0 ? "fail" : "warn",
        message: `another program removed ${counted(names.length, "context")}: ${listNames(names)}`,
        hint: `bentocloud restore ${newest.id}`,
        hidden: { context: names },
      };
    }),
};
