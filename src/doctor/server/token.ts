import { expiresSoon } from "../../auth/expiry.ts";
import { usableTokenOf } from "../../contexts/context.ts";
import { findIdentityMismatch, recallIdentity } from "../../auth/identity.ts";
import { checkOrganizationPin } from "../../resolve/pins.ts";
import { quoteWord, requireToken } from "../../resolve/require.ts";
import { cap, clean } from "../../system/text.ts";
import { showWhen } from "../../system/time.ts";
import { type Check, fail, ok, warn } from "../check.ts";
import { contextName, open, secret, text } from "../report.ts";
import type { Target } from "./target.ts";

/** Whether the server accepts the token, and whose it says it is. */
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
    if (error && verdict !== "forbidden") throw error;
    if (!error) checkOrganizationPin(active, organization);
    const user = email === null ? [] : text`, of ${secret("e-mail", email)}`;
    const place = organization === null ? [] : text`, in ${secret("organization", organization)}`;
    return ok(text`accepted${user}${place}`);
  },
};

/** What the token may do, as far as the server says so. */
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

/** How long the token is valid: by the server's list, else as it was last seen there. */
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
    return expiresSoon(time, now, usableTokenOf(context))
      ? warn(message, text`bentocloud api-token rotate ${name}`)
      : ok(message);
  },
};
