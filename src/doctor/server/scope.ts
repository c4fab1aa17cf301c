import type { Link } from "./chain.ts";
import { failureOf } from "./failure.ts";

/** What the token may do, as far as the server says so. */
export const scope: Link = {
  id: "scope",
  async look(_cli, visit) {
    const identification = await visit.identify();
    if (!identification) return undefined;
    if (identification.error) return failureOf(identification.error);
    const own = await visit.own();
    if (!own?.scopes)
      return {
        status: "ok",
        message: "enough to see its organization; the server does not say more of this token",
      };
    const { cap, clean } = await import("../../system/text.ts");
    const named = cap(clean(own.scopes.join(", ")), 200) || "none";
    if (own.scopes.includes("api")) return { status: "ok", message: named };
    return {
      status: "warn",
      message: `${named}; what needs the scope "api" is refused`,
      hint: "bentocloud api-token create NAME --scope api --login CONTEXT",
    };
  },
};
