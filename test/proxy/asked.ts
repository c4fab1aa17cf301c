import { refuse, type Rules } from "../../src/proxy/guard.ts";

export const HOST = "127.0.0.1:4000";
export const KEY = "k".repeat(64);
export const COOKIE = { name: "bentocloud-4000", value: "c".repeat(64) };
export const WEBSOCKET = { upgrade: "websocket", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
const RULES: Rules = { host: HOST, key: KEY, isReadOnly: false };

export interface Asked {
  method?: string;
  path?: string;
  /** A header with the value null is left out. */
  headers?: Record<string, string | null>;
  rules?: Partial<Rules>;
}

/** The status of the refusal. */
export function refusalOf({
  method = "GET",
  path = "/api/v2/deployments",
  headers = {},
  rules = {},
}: Asked = {}) {
  const all = Object.entries({ host: HOST, "x-yatai-api-token": KEY, ...headers });
  const given = new Headers(all.filter((entry): entry is [string, string] => entry[1] !== null));
  const url = path.startsWith("/") ? `http://${HOST}${path}` : path;
  return refuse({ method, url: URL.parse(url), headers: given }, { ...RULES, ...rules })?.status ?? "passes";
}
