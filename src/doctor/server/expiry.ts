import type { Context } from "../../contexts/context.ts";
import { quoteWord } from "../../resolve/require.ts";
import { recallIdentity } from "../../auth/identity.ts";
import type { Cli } from "../../app.ts";
import { showWhen } from "../../system/time.ts";
import type { Link } from "./chain.ts";

const SOON_MS = 7 * 24 * 60 * 60 * 1000;

/** How long the token is good for: by the server's list, else as it was last seen there. */
export const expiry: Link = {
  id: "expiry",
  async look(cli, visit) {
    const own = await visit.own();
    const time = own ? own.expiresAt : await lastSeen(cli, visit.context);
    if (time === undefined) return undefined;
    if (time === null) return { status: "ok", message: "the API token does not expire" };
    const now = cli.now();
    const when = showWhen(time, now);
    const name = quoteWord(visit.context.name);
    if (time <= now)
      return {
        status: "fail",
        message: `the API token expired ${when}`,
        hint: `bentocloud login --context=${name}`,
      };
    const message = `the API token expires ${when}`;
    const isSoon = time.getTime() - now.getTime() < SOON_MS;
    return isSoon
      ? { status: "warn", message, hint: `bentocloud api-token rotate ${name}` }
      : { status: "ok", message };
  },
};

async function lastSeen(cli: Cli, context: Context): Promise<Date | null | undefined> {
  const expiry = (await recallIdentity(cli, context))?.expires_at;
  return typeof expiry === "string" ? new Date(expiry) : expiry;
}
