import { CliError, usageError } from "../errors.ts";
import { serverText } from "./answer.ts";

/** Where a token may go: the origin of its endpoint, below its path prefix. */
export function isBelow(target: URL, endpoint: string): boolean {
  const own = new URL(endpoint);
  const prefix = own.pathname.replace(/(?<!\/)\/*$/, "/");
  return (
    target.origin === own.origin &&
    target.username + target.password === "" &&
    target.pathname.startsWith(prefix) &&
    asServersMayRead(target).startsWith(prefix)
  );
}

/** Some servers take `..%2f` for a step upward. */
function asServersMayRead(target: URL): string {
  const pathname = target.pathname.replaceAll(/%2f|%5c/gi, "/");
  return new URL(target.origin + pathname).pathname;
}

/**
 * The address a user means: a path below the endpoint, with or without its first slash, or a whole address there.
 *
 * @throws CliError `HOST_MISMATCH` for one that lies anywhere else.
 */
export function targetOf(endpoint: string, text: string): URL {
  // `new URL` drops some of these silently and reads others as a slash.
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (text === "" || /[\u0000-\u001f\u007f\\#]/.test(text)) {
    throw usageError(
      "this is no path: it is empty, or has a fragment (#…), a backslash or control characters",
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

/** An address without its query, which may hold a secret. */
export function showPlace(target: URL | null): string {
  const place = target?.origin === "null" ? target.protocol : target && target.origin + target.pathname;
  return serverText(place, 200) ?? "an unreadable address";
}
