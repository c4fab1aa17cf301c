import { findIdentityMismatch, recallIdentity } from "../../auth/identity.ts";
import { checkOrganizationPin } from "../../resolve/pins.ts";
import { quoteWord, requireToken } from "../../resolve/require.ts";
import { cap, clean } from "../../system/text.ts";
import { showWhen } from "../../system/time.ts";
import { type Check, fail, ok, toFinding, warn } from "../check.ts";
import { contextName, open, secret, text } from "../report.ts";
import type { Target } from "./target.ts";

/** Checks that the server accepts the token, and shows its user and organization. */
export const token: Check<Target> = {
  id: "token",
  async run(target) {
    const { cli, active, context } = target;
    const identification = await target.identify();
    if (!identification) return void requireToken(context);
    const { verdict, email, organization, error } = identification;
    const mismatch = await findIdentityMismatch(cli, context.name, identification);
    if (mismatch) throw mismatch;
    // The check of the scope reports a missing one.
    if (error && verdict !== "forbidden") {
      const isRefused = verdict === "rejected" || verdict === "expired";
      if (!isRefused || active.source.kind !== "env_key") throw error;
      const hint = text`${open(active.source.name)} holds this token: replace it, or unset it`;
      return { ...toFinding(error), hint };
    }
    if (!error) checkOrganizationPin(active, organization);
    const user = email === null ? [] : text`, of ${secret("e-mail", email)}`;
    const place = organization === null ? [] : text`, in ${secret("organization", organization)}`;
    return ok(text`accepted${user}${place}`);
  },
};

/** Shows the token's scopes, as far as the server lists them. */
export const scope: Check<Target> = {
  id: "scope",
  async run(target) {
    const identification = await target.identify();
    if (!identification) return undefined;
    if (identification.error) throw identification.error;
    const scopes = (await target.findListed())?.scopes;
    if (!scopes) return ok(text`enough to see its organization; the server does not say more of this token`);
    const shown = secret("scopes", cap(clean(scopes.join(", ")), 200) || "none");
    if (scopes.includes("api")) return ok(shown);
    const hint = text`bentocloud api-token create NAME --scope api --login CONTEXT`;
    return warn(text`${shown}; what needs the scope "api" is refused`, hint);
  },
};

const SOON_MS = 7 * 24 * 60 * 60 * 1000;

/** Shows when the token expires: from the server's list, else from our record of the last check. */
export const expiry: Check<Target> = {
  id: "expiry",
  async run({ cli, context, findListed }) {
    const listed = await findListed();
    const end = listed ? listed.expiresAt : (await recallIdentity(cli, context))?.expires_at;
    if (end === undefined) return undefined;
    if (end === null) return ok(text`the API token does not expire`);
    const [time, now] = [new Date(end), cli.now()];
    const when = open(showWhen(time, now));
    const name = contextName(context.name, quoteWord(context.name));
    if (time <= now)
      return fail(text`the API token expired ${when}`, text`bentocloud login --context=${name}`);
    const message = text`the API token expires ${when}`;
    const isSoon = time.getTime() - now.getTime() < SOON_MS;
    return isSoon ? warn(message, text`bentocloud api-token rotate ${name}`) : ok(message);
  },
};
