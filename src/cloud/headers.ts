/**
 * Headers that a caller cannot set: those that carry credentials, which are the context's alone, and those that say how a
 * message travels instead of what it means.
 */
const OURS = new Set(
  `x-yatai-api-token authorization cookie proxy-authorization host accept-encoding connection content-length expect
  keep-alive proxy-connection te trailer transfer-encoding upgrade`.split(/\s+/),
);

/** Some gateways take `_` for `-`. */
export function isOurHeader(name: string): boolean {
  return OURS.has(name.toLowerCase().replaceAll("_", "-"));
}
