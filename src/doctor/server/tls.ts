import type { Certificate } from "../../system/network.ts";
import type { Finding } from "../check.ts";
import type { Link } from "./chain.ts";
import { hostOf, patienceOf, portOf, reasonOf } from "./reach.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const SOON_DAYS = 14;

/** The server's certificate, on a connection of its own that carries nothing. */
export const tls: Link = {
  id: "tls",
  async look(cli, { url, isProxied }) {
    if (isProxied || url.protocol !== "https:") return undefined;
    const { inspectCertificate } = await import("../../system/network.ts");
    const { serverText } = await import("../../cloud/answer.ts");
    const host = hostOf(url);
    try {
      const certificate = await inspectCertificate(host, portOf(url), patienceOf(cli));
      const issuer = serverText(certificate.issuer, 80) ?? "nobody";
      const finding = judge({ ...certificate, issuer }, host, cli.now());
      return certificate.isPublic ? finding : { ...finding, hidden: { authority: [issuer] } };
    } catch (error) {
      return {
        status: "fail",
        message: `${host} does not speak TLS there: ${reasonOf(error)}`,
        hint: "check the scheme and the port of the endpoint; a local server may need http://",
      };
    }
  },
};

function judge(certificate: Certificate, host: string, now: Date): Finding {
  const { fault, issuer, validTo, isPublic } = certificate;
  if (fault) return { status: "fail", ...describeFault(fault, certificate, host) };
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY_MS);
  const message = `valid until ${showDay(validTo)} (${days}d), issued by ${issuer}`;
  if (isPublic) return soon(days, { status: "ok", message });
  if (/(^|\.)bentoml\.(com|ai)$/.test(host))
    return {
      status: "warn",
      message: `${message}, which is no public authority: somebody on the way reads what is sent, API tokens as well`,
      hint: "this is what a company's proxy or a virus scanner does; ask whether it is meant to",
    };
  return soon(days, {
    status: "ok",
    message: `${message}, an authority that this machine was told to trust`,
  });
}

function soon(days: number, finding: Finding): Finding {
  if (days >= SOON_DAYS) return finding;
  return { ...finding, status: "warn", hint: "the server needs a new certificate soon" };
}

function describeFault(
  fault: NonNullable<Certificate["fault"]>,
  { issuer, validFrom, validTo }: Certificate,
  host: string,
): { message: string; hint: string } {
  const clock = "check the clock of this machine; if it is right, the server needs another certificate";
  const trust =
    "if your organization has its own authority, add it to the system's certificates, or name its file in NODE_EXTRA_CA_CERTS";
  switch (fault) {
    case "expired":
      return { message: `the certificate expired on ${showDay(validTo)}, issued by ${issuer}`, hint: clock };
    case "not yet valid":
      return {
        message: `the certificate is only valid from ${showDay(validFrom)}, issued by ${issuer}`,
        hint: clock,
      };
    case "wrong host":
      return {
        message: `the certificate is for another host than ${host}, issued by ${issuer}`,
        hint: "check the host name in the endpoint; another server may have answered in its place",
      };
    case "self-signed":
      return { message: "the certificate is signed by nobody but itself", hint: trust };
    case "unknown authority":
      return { message: `the certificate is issued by ${issuer}, which nobody here trusts`, hint: trust };
  }
}

function showDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}
