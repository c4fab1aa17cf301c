/**
 * The headers that a caller cannot set: those with credentials, which are the context's, and those that are about the
 * transport of a message, not its meaning.
 */
const RESERVED = new Set(
  `x-yatai-api-token authorization cookie proxy-authorization host accept-encoding connection content-length expect
  keep-alive proxy-connection te trailer transfer-encoding upgrade`.split(/\s+/),
);

/** Some gateways take `_` for `-`. */
export function isReservedHeader(name: string): boolean {
  return RESERVED.has(name.toLowerCase().replaceAll("_", "-"));
}
