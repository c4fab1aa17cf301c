import { usageError } from "../errors.ts";

/** Python bentoml's default. */
export const DEFAULT_ENDPOINT = "https://cloud.bentoml.com";

/** An endpoint in the form that is stored and compared: scheme, host, path prefix, no slash at the end. */
export function parseEndpoint(text: string): string {
  const trimmed = text.trim();
  const url = toUrl(trimmed);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw usageError("an endpoint starts with https:// (or http:// for a local server)");
  }
  if (url.username || url.password) throw usageError("an endpoint carries no user name or password");
  if (trimmed.includes("?")) throw usageError("an endpoint has no query (?…)");
  if (trimmed.includes("#")) throw usageError("an endpoint has no fragment (#…)");
  // Without the lookbehind, a path of n slashes would take n² steps.
  return url.origin + url.pathname.replace(/(?<!\/)\/+$/, "");
}

/** A stored endpoint without its user name and password: Python bentoml stores one as it was given. */
export function showEndpoint(endpoint: string): string {
  return endpoint.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i, "$1…@");
}

/** Whether two endpoints are the same, in whatever spelling. */
export function isSameEndpoint(left: string, right: string): boolean {
  try {
    return parseEndpoint(left) === parseEndpoint(right);
  } catch {
    return left === right;
  }
}

/** Whether requests to this endpoint stay on this machine. */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === "[::1]" || /(^|\.)localhost\.?$/.test(hostname);
}

/** The page where a person makes and revokes API tokens. */
export function tokensPage(endpoint: string): string {
  return `${endpoint}/api_tokens`;
}

function toUrl(text: string): URL {
  // `new URL` drops tabs and line ends silently and reads `\` as `/`.
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (text === "" || /[\u0000-\u0020\u007f\\]/.test(text)) {
    throw usageError(
      "this is no endpoint: it is empty, or has white space, a backslash or control characters",
    );
  }
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  try {
    const url = new URL(withScheme);
    // `https:/host` would be the host "https", and `https:///host` the host "host".
    const isMistyped = /^https?:(?!\/\/[^/])/i.test(text) || text.startsWith("/");
    if (url.hostname !== "" && !isMistyped) return url;
  } catch {
    // The error below is the same for everything that is not a URL.
  }
  throw usageError("this is no endpoint: it is not a URL", `for example ${DEFAULT_ENDPOINT}`);
}
