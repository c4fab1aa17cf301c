import type { Identification } from "../../cloud/auth.ts";
import { checkOrganizationPin } from "../../resolve/pins.ts";
import { requireToken } from "../../resolve/require.ts";
import { findIdentityMismatch } from "../../auth/identity.ts";
import type { Cli } from "../../app.ts";
import type { Finding } from "../check.ts";
import type { Link } from "./chain.ts";
import { failureOf } from "./failure.ts";
import type { Visit } from "./visit.ts";

/** Whether the server takes the token, and whose it says it is. */
export const token: Link = {
  id: "token",
  async look(cli, visit) {
    const identification = await visit.identify();
    if (!identification) return void requireToken(visit.context);
    const { email, organization } = identification;
    const finding = await judge(cli, visit, identification).catch(failureOf);
    const names = {
      "e-mail": email === null ? [] : [email],
      organization: organization === null ? [] : [organization],
    };
    return { ...finding, hidden: { ...finding.hidden, ...names } };
  },
};

async function judge(cli: Cli, visit: Visit, identification: Identification): Promise<Finding> {
  const { verdict, email, organization, error } = identification;
  const mismatch = await findIdentityMismatch(cli, visit.context.name, identification);
  if (mismatch) throw mismatch;
  // A missing scope has a line of its own.
  if (error && verdict !== "forbidden") {
    const isFault = verdict === "rejected" || verdict === "expired";
    const isOfVariable = isFault && visit.active.source.kind === "env_key";
    const hint = "BENTO_CLOUD_API_KEY holds this token: replace it, or unset it";
    return { ...failureOf(error), ...(isOfVariable && { hint }) };
  }
  if (!error) checkOrganizationPin(visit.active, organization);
  const whose =
    (email === null ? "" : `, of ${email}`) + (organization === null ? "" : `, in ${organization}`);
  return { status: "ok", message: `accepted${whose}` };
}
