import { openOffline } from "../../auth/session.ts";
import { attempt, type Check, ok } from "../check.ts";
import { contextName, text } from "../report.ts";

/** The context that is active here, for `--offline`; with a connection, the checks of the server begin with it. */
export const active: Check = {
  id: "active",
  async run(cli) {
    // `file`, `environment` and `current` report a file, a key and a current name that cannot be used.
    if (!(await attempt(() => cli.store.read()))) return undefined;
    const { source, context } = await cli.resolve();
    if (!context && (source.kind === "env_key" || source.kind === "user")) return undefined;
    const { name } = (await openOffline(cli)).context;
    return ok(text`the context ${contextName(name)} is active here`);
  },
};
