import { redactSecret } from "../system/redact.ts";

/**
 * The headers that a caller cannot set: the token's and the proxy's, which are ours, and those that belong to the
 * transport of a message. `Authorization` and `Cookie` may be set for a gateway in front of the server.
 */
const RESERVED = new Set(
  `x-yatai-api-token proxy-authorization host accept-encoding connection content-length expect keep-alive
  proxy-connection te trailer transfer-encoding upgrade`.split(/\s+/),
);

/** Some gateways take `_` for `-`. */
export function isReservedHeader(name: string): boolean {
  return RESERVED.has(name.toLowerCase().replaceAll("_", "-"));
}

/** Masks the caller's own credentials from now on, because a server may repeat them in an error. */
export function redactCredentials(headers: Headers): void {
  const cookies = (headers.get("cookie") ?? "").split(";").map((pair) => pair.slice(pair.indexOf("=") + 1));
  const credentials = (headers.get("authorization") ?? "").replace(/^\S+\s+/, "");
  for (const secret of [credentials, ...cookies]) redactSecret(secret.trim(), "****");
}
