import { expiresSoon } from "../../auth/show-expiry.ts";
import { findIdentityMismatch, recallIdentity } from "../../auth/identity.ts";
import { checkOrganizationPin } from "../../resolve/pins.ts";
import { requireLogin } from "../../resolve/require.ts";
import { cap, clean, quoteWord } from "../../system/text.ts";
import { showWhen } from "../../system/time.ts";
import { type Check, fail, ok, warn } from "../check.ts";
import { contextName, open, secret, text } from "../report.ts";
import type { Target } from "./asked-server.ts";

/** Checks that the server accepts the token, and shows its user and organization. */
export const token: Check<Target> = {
  id: "token",
  async run(target) {
    const { cli, active, context } = target;
    const identification = await target.identify();
    if (!identification) return void requireLogin(context);
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

/** Shows the token's scopes, as far as the server lists them. */
export const scope: Check<Target> = {
  id: "scope",
  async run(target) {
    const identification = await target.identify();
    if (!identification) return undefined;
    if (identification.error) throw identification.error;
    const scopes = (await target.findListed())?.scopes;
    if (!scopes)
      return ok(text`enough to read the organization; the server does not list this token's scopes`);
    const shown = secret("scopes", cap(clean(scopes.join(", ")), 200) || "none");
    if (scopes.includes("api")) return ok(shown);
    const hint = text`bentocloud api-token create NAME --scope api --login CONTEXT`;
    return warn(text`${shown}; requests that need the scope "api" are refused`, hint);
  },
};

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
    return expiresSoon({ expiresAt: time, createdAt: listed?.createdAt ?? null }, now)
      ? warn(message, text`bentocloud api-token rotate ${name}`)
      : ok(message);
  },
};
