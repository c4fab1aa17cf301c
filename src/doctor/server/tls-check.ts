import { serverText } from "../../cloud/answer.ts";
import { describeFault } from "../../cloud/faults.ts";
import { findUnusableAuthorities } from "../../system/authorities.ts";
import { type Certificate, inspectTls } from "../../system/certificate.ts";
import { type Check, fail, type Finding, ok, warn } from "../check.ts";
import { open, secret, text } from "../report.ts";
import { reasonOf } from "./connection-checks.ts";
import type { Target } from "./asked-server.ts";

/** Checks the server's certificate, on a connection of its own that sends no request. */
export const tls: Check<Target> = {
  id: "tls",
  async run({ cli, url, route, host, patience }) {
    if (url.protocol !== "https:") return undefined;
    const shown = secret("host", host);
    try {
      const { certificate, fault } = await inspectTls(url, route, patience);
      if (!fault) return judge(certificate!, host, cli.now());
      const { message, hint } = describeFault(
        { certificate, fault },
        shown,
        findUnusableAuthorities(cli.env),
      );
      return fail(message, hint);
    } catch (error) {
      const hint = text`check the host name and the port of the endpoint`;
      return fail(text`no TLS connection to ${shown}: ${reasonOf(error)}`, hint);
    }
  },
};

const DAY_MS = 24 * 60 * 60 * 1000;
const SOON_DAYS = 14;

function judge({ validTo, issuer, isPublic }: Certificate, host: string, now: Date): Finding {
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY_MS);
  const name = serverText(issuer, 80) ?? "nobody";
  const authority = isPublic ? open(name) : secret("authority", name);
  const end = open(validTo.toISOString().slice(0, 10));
  const validity = text`valid until ${end} (${days}d), issued by ${authority}`;
  if (!isPublic && /(^|\.)bentoml\.(com|ai)$/.test(host))
    return warn(
      text`${validity}, which is not a public authority: somebody in between can read the requests and API tokens`,
      text`a company's proxy or a virus scanner does this; ask whether it is intended`,
    );
  const message = isPublic
    ? validity
    : text`${validity}, an authority that this machine trusts by configuration`;
  return days >= SOON_DAYS ? ok(message) : warn(message, text`the server needs a new certificate soon`);
}
