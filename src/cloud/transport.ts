import { CliError } from "../errors.ts";

const CERTIFICATE = /CERT|SSL|TLS|SELF_SIGNED|ISSUER|EPROTO|UNABLE_TO_VERIFY|ALTNAME/i;
const CERTIFICATE_WORDS = /certificate|tls handshake|ssl|InvalidContentType/i;

/** What is wrong with a server's TLS, and what helps. The last row matches everything. */
const TLS_FAULTS: readonly [pattern: RegExp, fault: string, hint: string][] = [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate expired|not valid yet/i,
    "is not valid at this time",
    "check the clock of this machine; if it is right, the server needs a new certificate",
  ],
  [
    /ALTNAME|not valid for name/i,
    "is for another host",
    "check the host name in the endpoint; another server may have answered in its place",
  ],
  [
    /EPROTO|WRONG_VERSION|InvalidContentType/i,
    "cannot be read: something other than TLS answers",
    "check the scheme and the port of the endpoint; a local server may need http://",
  ],
  [
    /(?:)/,
    "cannot be trusted",
    "if your organization has its own authority, add it to the system's certificates, or name its file in NODE_EXTRA_CA_CERTS",
  ],
];

const NOT_HTTP = /malformed|invalid http|HPE_INVALID|InvalidHTTP/i;

const REASONS: readonly [pattern: RegExp, reason: string][] = [
  [/PROXY|tunnel|CONNECT request|proxy auth/i, "the proxy on the way refuses the connection"],
  [/ENOTFOUND|EAI_AGAIN|DNS|getaddrinfo|dns error|failed to lookup/i, "its host name is not known"],
  [/ECONNREFUSED|ConnectionRefused|connection refused/i, "nothing listens there"],
  [/ECONNRESET|ConnectionClosed|EPIPE|connection reset|closed|unexpected eof/i, "it closed the connection"],
  [/EHOSTUNREACH|ENETUNREACH|unreachable/i, "there is no route to it"],
  [/ETIMEDOUT/i, "it does not answer in time"],
];

/** Why a connection failed, by the code or the words of a runtime. */
export function reasonFor(evidence: string): string {
  return REASONS.find(([pattern]) => pattern.test(evidence))?.[1] ?? "the connection failed";
}

/**
 * The error for a request without an answer. Bun, Deno and Node report it differently and only partly with codes, so
 * the text of the runtime's error decides as well.
 */
export function transportError(error: unknown, endpoint: string, timeoutMs: number): CliError {
  const causes = causesOf(error);
  if (causes.some(({ name }) => name === "TimeoutError")) {
    return new CliError("TIMEOUT", `${endpoint} did not answer within ${timeoutMs / 1000} s`, {
      hint: "try again, or allow more time with --timeout",
      cause: error,
    });
  }
  const evidence = causes.map(({ code, message }) => `${code} ${message}`).join(" ");
  if (causes.some(({ code }) => CERTIFICATE.test(code)) || CERTIFICATE_WORDS.test(evidence)) {
    const [, fault, hint] = TLS_FAULTS.find(([pattern]) => pattern.test(evidence))!;
    const code = causes.find((cause) => CERTIFICATE.test(cause.code))?.code;
    const sentence = `the TLS certificate of ${endpoint} ${fault}${code ? ` (${code})` : ""}`;
    return new CliError("TLS", sentence, { hint, cause: error });
  }
  if (NOT_HTTP.test(evidence)) {
    return new CliError("NOT_BENTOCLOUD", `${endpoint} is not BentoCloud: it does not speak HTTP`, {
      hint: "check the endpoint and its port",
      cause: error,
    });
  }
  return new CliError("UNREACHABLE", `${endpoint} cannot be reached: ${reasonFor(evidence)}`, {
    hint: "check the endpoint, the network and the proxy variables",
    cause: error,
  });
}

function causesOf(error: unknown) {
  const causes: { name: string; code: string; message: string }[] = [];
  for (let current = error; current instanceof Error && causes.length < 5; current = current.cause) {
    const code = "code" in current ? String(current.code) : "";
    causes.push({ name: current.name, code, message: current.message });
  }
  return causes;
}
