import { isBelow } from "../cloud/target.ts";
import type { Mask } from "./mask.ts";

/**
 * The headers that a request may have. Everything else is taken out: credentials, cookies, what names another client or
 * host, and ranges, with which an answer could be fetched in pieces that are too short to find the API token in them.
 */
const REQUEST =
  /^(?:accept|accept-language|cache-control|content-(?:type|length|disposition|language|encoding|md5)|if-(?:match|none-match|modified-since|unmodified-since)|pragma|user-agent|traceparent|tracestate|baggage|x-request-id|x-bentoml-[a-z-]+|x-yatai-organization)$/;

export function requestHeaders(headers: Headers): Headers {
  const passed = new Headers([...headers].filter(([name]) => REQUEST.test(name)));
  // A compressed answer could hide the API token.
  passed.set("accept-encoding", "identity");
  return passed;
}

/**
 * The headers that an answer may have. Others belong to one connection, open this origin to other sites, store something
 * in a browser, or make it ask a person for a password.
 */
const RESPONSE =
  /^(?:allow|cache-control|content-(?:type|length|disposition|language|security-policy)|cross-origin-(?:opener|embedder)-policy|date|deprecation|etag|expires|last-modified|link|location|permissions-policy|pragma|ratelimit-[a-z]+|referrer-policy|retry-after|sunset|vary|warning|x-[a-z-]+)$/;

export function responseHeaders(headers: Headers, mask: Mask): Headers {
  const passed = new Headers();
  for (const [name, value] of headers)
    if (RESPONSE.test(name) && mask.text(name) === name) passed.append(name, mask.text(value));
  return passed;
}

/** An address below the endpoint becomes one of the proxy; any other stays, and nothing is sent there. */
export function ownLocation(
  location: string,
  { from, endpoint, origin }: { from: URL; endpoint: string; origin: string },
) {
  const target = URL.parse(location, from);
  const own = new URL(endpoint);
  const isRoot = target?.origin === own.origin && target.pathname === own.pathname;
  if (!target || (!isRoot && !isBelow(target, endpoint))) return location;
  const path = target.pathname.slice(own.pathname.replace(/\/$/, "").length);
  return origin + path + target.search + target.hash;
}
