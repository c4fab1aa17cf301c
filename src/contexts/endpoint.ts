import { CliError, usageError } from "../errors.ts";
import { redactSecret } from "../system/redact.ts";

/** Python bentoml's default. */
export const DEFAULT_ENDPOINT = "https://cloud.bentoml.com";

/**
 * An endpoint as it is stored. Python bentoml stores one with a user name and password as it was given, so every implicit
 * conversion (template, JSON, inspection) masks these, and only {@link Endpoint.reveal} gives the whole text.
 */
export class Endpoint {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    for (const secret of secretsIn(text)) redactSecret(secret, "****");
  }

  /** The stored text: call this only to send a request, to give a program its credentials, or to store it. */
  reveal(): string {
    return this.#text;
  }

  get masked(): string {
    if (!hasUserinfo(this.#text)) return this.#text;
    return `${schemeOf(this.#text)}…${this.#text.slice(this.#text.lastIndexOf("@"))}`;
  }

  /**
   * Without user name and password, for a file that is shared.
   *
   * @throws CliError `USAGE` when they cannot be told from the rest.
   */
  withoutUserinfo(): string {
    if (!hasUserinfo(this.#text)) return this.#text;
    const url = toUrl(this.#text.trim());
    [url.username, url.password] = ["", ""];
    return parseEndpoint(url.href);
  }

  toString(): string {
    return this.masked;
  }

  toJSON(): string {
    return this.masked;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Endpoint(${this.masked})`;
  }
}

/** An endpoint in the form that is sent to and compared: scheme, host, path prefix, no slash at the end. */
export function parseEndpoint(endpoint: string | Endpoint): string {
  const trimmed = textOf(endpoint).trim();
  const url = toUrl(trimmed);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw usageError("an endpoint starts with https:// (or http:// for a local server)");
  }
  if (url.username || url.password) throw usageError("an endpoint carries no user name or password");
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
    if (!(error instanceof CliError)) throw error;
    throw new StoredEndpointError("USAGE", `the stored endpoint cannot be used: ${error.message}`);
  }
}

/** Not a regular expression: `/+$` takes n² steps for a path of n slashes. */
function withoutLastSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

/** Whether two endpoints are the same, in whatever spelling. */
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

/** Also true for a text that is no endpoint, where everything before an `@` may be a password. */
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

/** User name and password together, and what is secret on its own: the password, or a user name without one. */
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
 * Whether an endpoint is on this machine. `localhost.` and names below `localhost` are not: a name server could say
 * that they are elsewhere.
 */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The page where a person makes and revokes API tokens. */
export function tokensPage(endpoint: string | Endpoint): string {
  return `${withoutLastSlashes(String(endpoint))}/api_tokens`;
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
