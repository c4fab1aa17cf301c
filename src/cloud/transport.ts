import { CliError } from "../errors.ts";
import { codeOf } from "../system/storage-error.ts";
import { ProxyError, type Route } from "../system/upstream-proxy.ts";
import type { Environment } from "../system/runtime.ts";
import type { Inspection } from "../system/certificate.ts";
import {
  describeFault,
  describeProxyFailure,
  NOT_HTTP,
  REASONS,
  type Sentence,
  showProxy,
  toText,
} from "./faults.ts";

export interface Unanswered {
  endpoint: string;
  url: URL;
  route: Route;
  env: Environment;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The most time for the second connection, which finds out why TLS failed. */
const LONGEST_LOOK_MS = 2000;

/** Turns the code of a runtime into the error for a request without an answer. */
export async function transportError(error: unknown, request: Unanswered): Promise<CliError> {
  const { endpoint, url, route, timeoutMs } = request;
  const through = route.kind === "proxy" ? ` through ${toText(showProxy(route))}` : "";
  const code = codeBehind(error);
  const details = (hint: string) => ({ hint, cause: error });
  if (error instanceof Error && error.name === "TimeoutError") {
    const sentence = `${endpoint} did not answer within ${timeoutMs / 1000} s${through}`;
    return new CliError("TIMEOUT", sentence, details("try again, or allow more time with --timeout"));
  }
  const [, reason, hint] = REASONS.find(([pattern]) => pattern.test(code)) ?? [];
  const isSecure = url.protocol === "https:" || (route.kind === "proxy" && route.proxy.protocol === "https:");
  const hasAnswered = error instanceof ProxyError && error.status !== undefined;
  const isKnown = hasAnswered || reason !== undefined || code === "" || NOT_HTTP.test(code);
  const tlsError = isKnown || !isSecure ? undefined : await findTlsError(request, error);
  if (tlsError) return tlsError;
  const isNotHttp = NOT_HTTP.test(code);
  // A connection through a tunnel can also be closed by the server.
  const isProxys = hasAnswered || isNotHttp || (isUnsent(error) && code !== "ECONNRESET");
  if (route.kind === "proxy" && isProxys) {
    const { message, hint } = describeProxyFailure(error, url, route);
    return new CliError("UNREACHABLE", toText(message), details(toText(hint)));
  }
  if (isNotHttp) {
    const sentence = `${endpoint} is not BentoCloud: it does not speak HTTP`;
    return new CliError("NOT_BENTOCLOUD", sentence, details("check the endpoint and its port"));
  }
  return new CliError(
    "UNREACHABLE",
    `${endpoint} cannot be reached${through}: ${reason ?? `the connection failed${code && ` (${code})`}`}`,
    details(hint ?? "`bentocloud doctor` looks at each step of a connection"),
  );
}

/** Whether the request cannot have got to the server. */
export function isUnsent(error: unknown): boolean {
  return (
    error instanceof ProxyError ||
    /^(?:ENOTFOUND|ENODATA|EAI_|ECONNREFUSED|E(?:HOST|NET)UNREACH)/.test(codeOf(error))
  );
}

/** Whether a retry would fail in the same way: the proxy refuses the request, or is not a proxy. */
export function isFinal(error: unknown): boolean {
  const { status } = error instanceof ProxyError ? error : {};
  const isRefused = status !== undefined && status < 500 && status !== 408 && status !== 429;
  return isRefused || NOT_HTTP.test(codeBehind(error));
}

function codeBehind(error: unknown): string {
  return codeOf(error instanceof ProxyError ? error.cause : error);
}

/** Connects once more to find out what is wrong with TLS. Undefined when something else failed. */
async function findTlsError(request: Unanswered, error: unknown): Promise<CliError | undefined> {
  const { endpoint, url, route, env, timeoutMs, signal } = request;
  const patience = { timeoutMs: Math.min(timeoutMs, LONGEST_LOOK_MS), signal };
  const { handshakeFault, inspectTls } = await import("../system/certificate.ts");
  const { findUnusableAuthorities } = await import("../system/authorities.ts");
  const suspects: [URL, Route, Sentence][] = [[url, route, [endpoint]]];
  if (route.kind === "proxy") suspects.unshift([route.proxy, { kind: "direct" }, showProxy(route)]);
  for (const [suspect, way, shown] of suspects) {
    if (suspect.protocol !== "https:") continue;
    const seen: Partial<Inspection> = await inspectTls(suspect, way, patience).catch(() => ({}));
    // Deno does not show on an idle connection what a server says after the handshake.
    const fault = seen.fault ?? (suspect === url ? handshakeFault(codeOf(error), 0) : undefined);
    if (!fault) continue;
    const { certificate } = seen;
    const { message, hint } = describeFault({ fault, certificate }, shown, findUnusableAuthorities(env));
    return new CliError("TLS", toText(message), { hint: toText(hint), cause: error });
  }
  if (error instanceof ProxyError) return undefined;
  return new CliError("TLS", `the TLS connection to ${endpoint} failed (${codeOf(error)})`, {
    hint: "`bentocloud doctor` looks at each step of a connection",
    cause: error,
  });
}
