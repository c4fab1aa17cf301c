import { CliError, usageError } from "../errors.ts";
import { serverText } from "./answer.ts";

/** Whether a token may go to a target: it has the endpoint's origin and is below its path prefix. */
export function isBelow(target: URL, endpoint: string): boolean {
  const own = new URL(endpoint);
  const prefix = own.pathname.endsWith("/") ? own.pathname : `${own.pathname}/`;
  return (
    target.origin === own.origin &&
    target.username + target.password === "" &&
    target.pathname.startsWith(prefix) &&
    asServersMayRead(target).startsWith(prefix)
  );
}

/**
 * Some servers decode `..%2f` before they resolve it, some do so twice, and some drop what follows a semicolon or a null
 * byte.
 */
function asServersMayRead(target: URL): string {
  const decoded = target.pathname.replaceAll(/%(?:25)+/g, "%").replaceAll(/%2f|%5c/gi, "/");
  const pathname = decoded.replaceAll(/(?:;|%3b|%00)[^/]*/gi, "");
  return new URL(target.origin + pathname).pathname;
}

/**
 * The URL for a text of the user's: a path below the endpoint, with or without its first slash, or a whole URL there.
 *
 * @throws CliError `HOST_MISMATCH` for a URL anywhere else.
 */
export function targetOf(endpoint: string, text: string): URL {
  // `new URL` drops some of these characters and reads others as a slash.
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (text === "" || /[\u0000-\u001f\u007f\\#]/.test(text)) {
    throw usageError(
      "this is not a path: it is empty, or has a fragment (#…), a backslash or control characters",
      "for example /api/v2/deployments",
    );
  }
  const isAddress = /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(text);
  const target = URL.parse(isAddress ? text : `${endpoint}/${text.replace(/^\//, "")}`, endpoint);
  if (target && isBelow(target, endpoint)) return target;
  throw new CliError("HOST_MISMATCH", `${showPlace(target)} is not below ${endpoint}; nothing was sent`, {
    hint: "give a path such as /api/v2/deployments, or choose the context of that endpoint with --context",
  });
}

/** A URL without its query, which may hold a secret. */
export function showPlace(target: URL | null): string {
  const place = target?.origin === "null" ? target.protocol : target && target.origin + target.pathname;
  return serverText(place, 200) ?? "an unreadable address";
}
