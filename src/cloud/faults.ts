import type { Unusable } from "../system/authorities.ts";
import type { Inspection, TlsFault } from "../system/certificate.ts";
import { codeOf } from "../system/storage-error.ts";
import { ProxyError, type Route } from "../system/upstream-proxy.ts";
import { serverText } from "./answer.ts";

/**
 * Sentences for connections that fail, shared by `doctor` and errors. The parts of a sentence are words, and values that
 * may identify somebody, which `doctor --report` leaves out.
 */
export type Sentence = readonly (string | { kind: string; shown: string })[];

interface Description {
  message: Sentence;
  hint: Sentence;
}

export function toText(sentence: Sentence): string {
  return sentence.map((part) => (typeof part === "string" ? part : part.shown)).join("");
}

/** Codes of the operating system, each with its meaning and a hint. */
export const REASONS: readonly [code: RegExp, reason: string, hint: string][] = [
  [/^(?:ENOTFOUND|ENODATA)$/, "its host name is not known", "check the host name in the endpoint"],
  [/^(?:EAI_|DNS_)/, "no name server answers", "check the network and its name server"],
  [
    /^ECONNREFUSED$/,
    "nothing listens there",
    "check the port of the endpoint, and that the server is running",
  ],
  [
    /^(?:ECONNRESET|EPIPE)$/,
    "it closed the connection",
    "try again; a firewall or a gateway may be what closes it: `bentocloud doctor` looks at each step",
  ],
  [
    /^E(?:HOST|NET)UNREACH$/,
    "there is no route to it",
    "check the network, and the VPN if the server needs one",
  ],
  [/^ETIMEDOUT$/, "it does not answer in time", "check the network, and firewalls on the way"],
];

/** Codes of the runtimes for an answer that is not HTTP, endless headers among them. */
export const NOT_HTTP = /^(?:HPE_|Malformed_|Invalid|Unrequested|ResponseHeaders)/;

function reasonFor(code: string): string {
  return REASONS.find(([pattern]) => pattern.test(code))?.[1] ?? "the connection failed";
}

/** With the code, so that it can be looked up. */
export function reasonWithCode(error: unknown): string {
  const code = codeOf(error);
  return code === "" ? reasonFor(code) : `${reasonFor(code)} (${code})`;
}

export type ProxyRoute = Extract<Route, { kind: "proxy" }>;

/** The address of a proxy without user name and password, and the variable that names it. */
export function showProxy({ proxy, variable }: ProxyRoute): Sentence {
  return ["the proxy ", { kind: "proxy", shown: proxy.origin }, ` (${variable})`];
}

export function describeProxyFailure(error: unknown, url: URL, route: ProxyRoute): Description {
  const { proxy, variable } = route;
  const [status, cause] = error instanceof ProxyError ? [error.status, error.cause] : [undefined, error];
  const host = { kind: "host", shown: url.host };
  const exempt = ["name ", { kind: "host", shown: url.hostname }, " in NO_PROXY"];
  const say = (sentence: Sentence, hint: Sentence) => ({ message: [...showProxy(route), ...sentence], hint });
  const wantsCredentials = status === 407 || status === 401;
  if (wantsCredentials && proxy.username === "")
    return say([" wants credentials"], [`set ${variable} to ${proxy.protocol}//USER:PASSWORD@HOST:PORT`]);
  if (wantsCredentials)
    return say(
      [` does not accept the credentials in ${variable}`],
      ["correct the user name and the password there; in them, %40 stands for @"],
    );
  if (status !== undefined)
    return say(
      [" does not connect to ", host, `: HTTP ${status}`],
      ["ask whoever runs the proxy, or ", ...exempt],
    );
  const isNotHttp = NOT_HTTP.test(codeOf(cause));
  const why = isNotHttp ? "it does not answer as a proxy does" : reasonWithCode(cause);
  return say([` cannot be reached: ${why}`], [`correct ${variable}, unset it, or `, ...exempt]);
}

const OPERATOR = "ask whoever runs the server";

/** The advice is never to use http instead. */
export function describeFault(
  { fault, certificate }: { fault: TlsFault } & Pick<Inspection, "certificate">,
  server: Sentence,
  unusable: Unusable | undefined,
): Description {
  const say = (message: Sentence, hint: string): Description => ({ message, hint: [hint] });
  const ofCertificate = (...what: Sentence) => ["the TLS certificate of ", ...server, ...what];
  const distrust = (why: Sentence, hint: string) =>
    withAuthorities(say(ofCertificate(" cannot be trusted: ", ...why), hint), unusable);
  switch (fault.kind) {
    case "expired":
    case "not yet valid": {
      const what = fault.kind === "expired" ? "expired on" : "is only valid from";
      const authority = fault.authority && nameOf(fault.authority, certificate?.isPublic);
      const whose = authority ? ["the certificate of its authority ", ...authority] : ["it"];
      const day = fault.at.toISOString().slice(0, 10);
      const needed = authority ? "to send a valid certificate of that authority" : "a new certificate";
      return say(
        ofCertificate(" is not valid at this time: ", ...whose, ` ${what} ${day}`),
        `check the clock of this machine; if it is right, the server needs ${needed}`,
      );
    }
    case "wrong host":
      return say(
        ofCertificate(
          " is for another host, issued by ",
          ...nameOf(certificate?.issuer, certificate?.isPublic),
        ),
        "check the host name in the endpoint; another server may have answered in its place",
      );
    case "self-signed":
      return distrust(
        ["it is signed by nobody but itself"],
        "if you know this server, add its certificate to the system's, or name its file in NODE_EXTRA_CA_CERTS",
      );
    case "unknown authority": {
      const issued = ["it is issued by ", ...nameOf(fault.authority), ", which nobody here trusts"];
      const trust = "add it to the system's certificates, or name its file in NODE_EXTRA_CA_CERTS";
      if (fault.isSent) return distrust(issued, `if this is your organization's own authority, ${trust}`);
      return distrust(
        [...issued, " and whose own certificate the server does not send"],
        `if that is an intermediate authority, the server's chain is incomplete and it must send that certificate too; if it is your organization's own root, ${trust}`,
      );
    }
    case "untrusted":
      return say(
        ofCertificate(` cannot be trusted (${fault.code})`),
        `the server needs another certificate: ${OPERATOR}`,
      );
    case "not TLS":
      return say(
        [...server, " does not speak TLS: something other than TLS answers on this port"],
        "check the host name and the port of the endpoint",
      );
    case "old version":
      return say(
        [...server, " has no version of TLS in common with us: it has none of 1.2 and 1.3"],
        `the server has to allow TLS 1.2 or newer: ${OPERATOR}`,
      );
    case "client certificate":
      return say(
        [...server, " wants a client certificate, and bentocloud has none"],
        `use an address of the server that wants none, or ${OPERATOR}`,
      );
    case "refused":
      return say(
        [...server, ` refuses the TLS handshake (${fault.code})`],
        `check the host name in the endpoint, or ${OPERATOR}`,
      );
  }
}

/** Adds that the runtime ignores the file of authorities, which can be why an authority is not trusted. */
function withAuthorities(described: Description, unusable: Unusable | undefined): Description {
  if (!unusable) return described;
  return {
    message: [...described.message, "; ", ...describeUnusable(unusable)],
    hint: [`repair the file that ${unusable.variable} names: PEM text without a byte order mark`],
  };
}

function describeUnusable({ variable, path, why }: Unusable): Sentence {
  return [
    `${variable} names `,
    { kind: "path", shown: serverText(path) ?? "a file" },
    `, which ${why}, so that nothing of it is trusted`,
  ];
}

function nameOf(authority: string | undefined, isPublic = false): Sentence {
  const name = serverText(authority, 80) ?? "nobody";
  return isPublic ? [name] : [{ kind: "authority", shown: name }];
}
