import { SAFE } from "../cloud/send.ts";
import { refusePath } from "./guarded-path.ts";
import type { RefusalAnswer } from "./refusal-answer.ts";

/**
 * Decides whether a request may be sent with the real API token. It looks at nothing but the request, and what it cannot
 * decide it refuses. The order matters: a page of another site learns nothing, not even whether a key is right.
 */
export interface Rules {
  /** `127.0.0.1:PORT` */
  host: string;
  /** The key of this run, which stands in the place of an API token. */
  key: string;
  /** The cookie that a browser got from the one-time address. */
  cookie?: { name: string; value: string } | undefined;
  isReadOnly: boolean;
}

export interface Incoming {
  method: string;
  /** Null where the runtime makes no whole URL of it, as of `CONNECT host:port` and of a request without a host. */
  url: URL | null;
  headers: Headers;
}

const KEY_HEADER = "x-yatai-api-token";

const METHODS = new Set([...SAFE, "POST", "PUT", "PATCH", "DELETE"]);

/** Streams that only show something. Others, such as a terminal in a container, take commands. */
const READ_ONLY_SOCKET = /\/(?:pods|tail|kube_events)$/;

/** Why the request is refused; undefined when it may pass. */
export function refuse({ method, url, headers }: Incoming, rules: Rules): RefusalAnswer | undefined {
  const stranger = refuseOrigin(headers, rules);
  if (stranger) return stranger;
  if (!METHODS.has(method) || !url || url.host !== rules.host)
    return { status: 405, message: `the method ${JSON.stringify(method.slice(0, 20))} does not pass` };
  if (includesKey(url, rules))
    return { status: 400, message: "the key belongs into a header, not into an address" };
  if (!isAuthorized(headers, rules))
    return {
      status: 401,
      message: "the key is missing or wrong; BENTO_CLOUD_API_KEY has it in the program that it is for",
    };
  const kind = headers.get("upgrade");
  const isWebSocket = kind?.toLowerCase() === "websocket" && headers.has("sec-websocket-key");
  if (kind !== null && (!isWebSocket || method !== "GET"))
    return { status: 400, message: "a connection is only upgraded to a WebSocket" };
  if (!/^\d*$/.test(headers.get("content-length") ?? ""))
    return { status: 400, message: "a request has one length" };
  if (headers.get("service-worker") !== null)
    return { status: 403, message: "a page cannot stay in the browser as a service worker" };
  if (overridesMethod(headers, url))
    return { status: 400, message: "a request cannot override its own method or path" };
  const guarded = refusePath(method, url.pathname);
  if (guarded) return guarded;
  if (!rules.isReadOnly) return undefined;
  if (!SAFE.has(method) || (kind !== null && !READ_ONLY_SOCKET.test(url.pathname)))
    return { status: 403, message: "it is read-only" };
  return undefined;
}

/** A page of another site can send requests here, also under a name of its own that leads to this machine. */
export function refuseOrigin(headers: Headers, { host }: Pick<Rules, "host">): RefusalAnswer | undefined {
  if (headers.get("host") !== host) return { status: 421, message: `it answers to ${host} only` };
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const isOwn =
    (origin === null || origin === `http://${host}`) &&
    (site === null || /^(?:same-origin|none)$/.test(site));
  return isOwn ? undefined : { status: 403, message: "pages of other sites have no access" };
}

function isAuthorized(headers: Headers, { key, cookie }: Rules): boolean {
  const given = headers.get(KEY_HEADER);
  if (given !== null) return isSameSecret(given, key);
  if (!cookie) return false;
  const values = (headers.get("cookie") ?? "")
    .split(/; */)
    .filter((pair) => pair.startsWith(`${cookie.name}=`));
  return values.length === 1 && isSameSecret(values[0]!.slice(cookie.name.length + 1), cookie.value);
}

/** Takes as long for every text of the right length. */
export function isSameSecret(given: string, secret: string): boolean {
  if (given.length !== secret.length) return false;
  let difference = 0;
  for (let at = 0; at < secret.length; at += 1) difference |= given.charCodeAt(at) ^ secret.charCodeAt(at);
  return difference === 0;
}

function includesKey({ href }: URL, { key, cookie }: Rules): boolean {
  return href.includes(key) || (cookie !== undefined && href.includes(cookie.value));
}

/** Some servers take the method from a header or from the query, and some gateways the path. */
function overridesMethod(headers: Headers, url: URL): boolean {
  const names = [...headers.keys()].map((name) => name.replaceAll("_", "-"));
  const isOverridden = names.some((name) =>
    /method-override|^x-http-method$|^x-method$|^x-(?:original|rewrite)-/.test(name),
  );
  return isOverridden || [...url.searchParams.keys()].some((name) => name.toLowerCase() === "_method");
}
