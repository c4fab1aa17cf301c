import { CliError, requireCliError, usageError } from "../errors.ts";
import { redactSecret } from "../system/redact.ts";
import { Masked } from "./masked.ts";

/** Python bentoml's default. */
export const DEFAULT_ENDPOINT = "https://cloud.bentoml.com";

/** An endpoint as it is stored. Python bentoml may store one with a user name and password, which are masked. */
export class Endpoint extends Masked {
  constructor(text: string) {
    super(text);
    for (const secret of secretsIn(text)) redactSecret(secret, "****");
  }

  get masked(): string {
    const text = this.reveal();
    return hasUserinfo(text) ? `${schemeOf(text)}…${text.slice(text.lastIndexOf("@"))}` : text;
  }

  /**
   * Without user name and password, for a file that is shared.
   *
   * @throws CliError `USAGE` when the text is not a URL, so that they cannot be removed.
   */
  withoutUserinfo(): string {
    if (!hasUserinfo(this.reveal())) return this.reveal();
    const url = toUrl(this.reveal().trim());
    [url.username, url.password] = ["", ""];
    return parseEndpoint(url.href);
  }
}

/** The normalized form for requests and comparisons: scheme, host, path prefix, no slash at the end. */
export function parseEndpoint(endpoint: string | Endpoint): string {
  const trimmed = textOf(endpoint).trim();
  const url = toUrl(trimmed);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw usageError("an endpoint starts with https:// (or http:// for a local server)");
  }
  if (url.username || url.password) throw usageError("an endpoint has no user name or password");
  if (trimmed.includes("?")) throw usageError("an endpoint has no query (?…)");
  if (trimmed.includes("#")) throw usageError("an endpoint has no fragment (#…)");
  return url.origin + withoutLastSlashes(url.pathname);
}

/** An endpoint that is stored and cannot be used, as {@link parseEndpoint} says it. */
export class StoredEndpointError extends CliError {}

/** @throws StoredEndpointError */
export function parseStoredEndpoint(endpoint: Endpoint): string {
  try {
    return parseEndpoint(endpoint);
  } catch (error) {
    const { message } = requireCliError(error);
    throw new StoredEndpointError("USAGE", `the stored endpoint cannot be used: ${message}`);
  }
}

/** Avoids the regular expression `/+$`, which takes n² steps for n slashes. */
function withoutLastSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

/** Scheme, host and port of a stored endpoint; empty where it is no URL. */
export function originOf(endpoint: Endpoint): string {
  return URL.parse(endpoint.reveal())?.origin ?? "";
}

export function isSameEndpoint(left: string | Endpoint, right: string | Endpoint): boolean {
  try {
    return parseEndpoint(left) === parseEndpoint(right);
  } catch {
    return textOf(left) === textOf(right);
  }
}

/** Whether two endpoints are the same apart from user name and password. */
export function isSamePlace(left: Endpoint, right: Endpoint): boolean {
  try {
    return isSameEndpoint(left.withoutUserinfo(), right.withoutUserinfo());
  } catch {
    return left.reveal() === right.reveal();
  }
}

function textOf(endpoint: string | Endpoint): string {
  return typeof endpoint === "string" ? endpoint : endpoint.reveal();
}

/** Also true for invalid text, because everything before an `@` may be a password. */
function hasUserinfo(text: string): boolean {
  if (!text.includes("@")) return false;
  try {
    parseEndpoint(text);
    return false;
  } catch {
    return true;
  }
}

function schemeOf(text: string): string {
  return /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? "";
}

/** User name and password together, and the password alone (or the user name, if there is no password). */
function secretsIn(text: string): string[] {
  if (!hasUserinfo(text)) return [];
  const userinfo = text.slice(schemeOf(text).length, text.lastIndexOf("@"));
  const secret = userinfo.slice(userinfo.indexOf(":") + 1);
  try {
    return [userinfo, secret, decodeURIComponent(secret)];
  } catch {
    return [userinfo, secret];
  }
}

/**
 * Whether an endpoint is on this machine. False for `localhost.` and names below `localhost`, because a name server may
 * resolve them to another machine.
 */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The page of the console on which users create and revoke API tokens. */
export function tokensPage(endpoint: string | Endpoint): string {
  return `${withoutLastSlashes(String(endpoint))}/api_tokens`;
}

function toUrl(text: string): URL {
  // `new URL` silently drops tabs and line ends, and reads `\` as `/`.
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (text === "" || /[\u0000-\u0020\u007f\\]/.test(text)) {
    throw usageError(
      "this is not an endpoint: it is empty, or contains white space, a backslash or control characters",
    );
  }
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  try {
    const url = new URL(withScheme);
    // Without this check, `https:/host` would mean the host "https", and `https:///host` the host "host".
    const isMistyped = /^https?:(?!\/\/[^/])/i.test(text) || text.startsWith("/");
    if (url.hostname !== "" && !isMistyped) return url;
  } catch {
    // Report the error below.
  }
  throw usageError("this is not an endpoint: it is not a URL", `for example ${DEFAULT_ENDPOINT}`);
}
