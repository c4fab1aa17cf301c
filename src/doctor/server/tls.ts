import { serverText } from "../../cloud/answer.ts";
import { type Certificate, inspectCertificate } from "../../system/network.ts";
import { type Check, fail, type Finding, ok, warn } from "../check.ts";
import { open, secret, text } from "../report.ts";
import { reasonOf } from "./connection.ts";
import type { Target } from "./target.ts";

/** The server's certificate, on a connection of its own that sends no request. */
export const tls: Check<Target> = {
  id: "tls",
  async run({ cli, url, route, host, port, patience }) {
    if (route.kind === "proxy" || url.protocol !== "https:") return undefined;
    try {
      const certificate = await inspectCertificate(host, port, patience);
      return certificate.fault ? describeFault(certificate, host) : judge(certificate, host, cli.now());
    } catch (error) {
      const hint = text`check the scheme and the port of the endpoint; a local server may need http://`;
      return fail(text`${secret("host", host)} does not speak TLS there: ${reasonOf(error)}`, hint);
    }
  },
};

const DAY_MS = 24 * 60 * 60 * 1000;
const SOON_DAYS = 14;

function judge(certificate: Certificate, host: string, now: Date): Finding {
  const { validTo, isPublic } = certificate;
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY_MS);
  const validity = text`valid until ${day(validTo)} (${days}d), issued by ${issuerOf(certificate)}`;
  if (!isPublic && /(^|\.)bentoml\.(com|ai)$/.test(host))
    return warn(
      text`${validity}, which is no public authority: somebody on the way reads what is sent, API tokens as well`,
      text`this is what a company's proxy or a virus scanner does; ask whether it is meant to`,
    );
  const message = isPublic ? validity : text`${validity}, an authority that this machine was told to trust`;
  return days >= SOON_DAYS ? ok(message) : warn(message, text`the server needs a new certificate soon`);
}

function describeFault(certificate: Certificate, host: string): Finding {
  const { fault, validFrom, validTo } = certificate;
  const issued = text`issued by ${issuerOf(certificate)}`;
  const clock = text`check the clock of this machine; if it is right, the server needs another certificate`;
  const trust = text`if your organization has its own authority, add it to the system's certificates, or name its file in NODE_EXTRA_CA_CERTS`;
  if (fault === "expired") return fail(text`the certificate expired on ${day(validTo)}, ${issued}`, clock);
  if (fault === "not yet valid")
    return fail(text`the certificate is only valid from ${day(validFrom)}, ${issued}`, clock);
  if (fault === "wrong host")
    return fail(
      text`the certificate is for another host than ${secret("host", host)}, ${issued}`,
      text`check the host name in the endpoint; another server may have answered in its place`,
    );
  if (fault === "self-signed") return fail(text`the certificate is signed by nobody but itself`, trust);
  return fail(text`the certificate is ${issued}, which nobody here trusts`, trust);
}

function issuerOf({ issuer, isPublic }: Certificate) {
  const name = serverText(issuer, 80) ?? "nobody";
  return isPublic ? open(name) : secret("authority", name);
}

function day(date: Date) {
  return open(date.toISOString().slice(0, 10));
}
