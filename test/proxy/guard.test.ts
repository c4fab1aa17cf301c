import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isSameSecret } from "../../src/proxy/guard.ts";
import { type Asked, COOKIE, HOST, KEY, refusalOf, WEBSOCKET } from "./asked.ts";

const WITH_COOKIE: Asked = {
  headers: { "x-yatai-api-token": null, cookie: `a=b; ${COOKIE.name}=${COOKIE.value}` },
  rules: { cookie: COOKIE },
};

describe("who may send requests", () => {
  test.each<[what: string, asked: Asked, status: number | "passes"]>([
    ["the key", {}, "passes"],
    ["no key", { headers: { "x-yatai-api-token": null } }, 401],
    ["a wrong key", { headers: { "x-yatai-api-token": "x".repeat(64) } }, 401],
    ["a key that is too long", { headers: { "x-yatai-api-token": `${KEY}k` } }, 401],
    ["two keys", { headers: { "x-yatai-api-token": `${KEY}, ${KEY}` } }, 401],
    ["an empty key", { headers: { "x-yatai-api-token": "" } }, 401],
    [
      "the key as a bearer token",
      { headers: { "x-yatai-api-token": null, authorization: `Bearer ${KEY}` } },
      401,
    ],
    ["the key in the query", { path: `/api/v2/deployments?key=${KEY}` }, 400],
    ["the key in the path", { path: `/${KEY}` }, 400],
    ["another name for this machine", { headers: { host: "localhost:4000" } }, 421],
    ["a name that was made to lead here", { headers: { host: "evil.test" } }, 421],
    ["another port", { headers: { host: "127.0.0.1:4001" } }, 421],
    ["two hosts", { headers: { host: `${HOST}, evil.test` } }, 421],
    ["no host", { headers: { host: null } }, 421],
    ["its own origin", { headers: { origin: `http://${HOST}` } }, "passes"],
    ["the origin of another site", { headers: { origin: "https://evil.test" } }, 403],
    ["the origin of another port", { headers: { origin: "http://127.0.0.1:4001" } }, 403],
    ["an origin with https", { headers: { origin: `https://${HOST}` } }, 403],
    ["an opaque origin", { headers: { origin: "null" } }, 403],
    ["a link on another site", { headers: { "sec-fetch-site": "cross-site" } }, 403],
    ["a page of another port", { headers: { "sec-fetch-site": "same-site" } }, 403],
    ["a typed address", { headers: { "sec-fetch-site": "none" } }, "passes"],
    ["the cookie", WITH_COOKIE, "passes"],
    ["the cookie when there is none", { ...WITH_COOKIE, rules: {} }, 401],
    [
      "the cookie twice",
      {
        ...WITH_COOKIE,
        headers: { ...WITH_COOKIE.headers, cookie: `${COOKIE.name}=x; ${COOKIE.name}=${COOKIE.value}` },
      },
      401,
    ],
    [
      "a wrong cookie",
      { ...WITH_COOKIE, headers: { ...WITH_COOKIE.headers, cookie: `${COOKIE.name}=x` } },
      401,
    ],
    [
      "a wrong key with the cookie",
      { ...WITH_COOKIE, headers: { ...WITH_COOKIE.headers, "x-yatai-api-token": "x" } },
      401,
    ],
    [
      "another origin without a key",
      { headers: { origin: "https://evil.test", "x-yatai-api-token": null } },
      403,
    ],
  ])("%s", (_, asked, status) => {
    expect(refusalOf(asked)).toBe(status);
  });

  test("a key is right only if it is equal", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => isSameSecret(left, right) === (left === right)),
    );
  });
});

describe("what a request may be", () => {
  test.each<[what: string, asked: Asked, status: number | "passes"]>([
    ...["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].map((method): [string, Asked, "passes"] => [
      method,
      { method },
      "passes",
    ]),
    ["TRACE", { method: "TRACE" }, 405],
    ["CONNECT", { method: "CONNECT", path: "evil.test:443" }, 405],
    ["small letters", { method: "get" }, 405],
    ["an address of another host", { path: "http://evil.test/api/v2/deployments" }, 405],
    ["a WebSocket", { headers: WEBSOCKET }, "passes"],
    ["a WebSocket without a key of its own", { headers: { upgrade: "websocket" } }, 400],
    ["an upgrade to something else", { headers: { ...WEBSOCKET, upgrade: "h2c" } }, 400],
    ["a list of upgrades", { headers: { ...WEBSOCKET, upgrade: "h2c, websocket" } }, 400],
    ["a WebSocket by POST", { method: "POST", headers: WEBSOCKET }, 400],
    ["a length", { method: "POST", headers: { "content-length": "5" } }, "passes"],
    ["two lengths", { method: "POST", headers: { "content-length": "5, 5" } }, 400],
    ["another method in a header", { headers: { "x-http-method-override": "DELETE" } }, 400],
    ["the same with underscores", { headers: { x_method_override: "DELETE" } }, 400],
    ["the same, shorter", { headers: { "x-http-method": "DELETE" } }, 400],
    ["another method in the query", { path: "/api/v2/deployments?a=1&_METHOD=delete" }, 400],
    ["a page's service worker", { headers: { "service-worker": "script" } }, 403],
    ["another path in a header", { headers: { "x-original-url": "/api/v1/api_tokens" } }, 400],
    ["another path in a header of IIS", { headers: { "x-rewrite-url": "/api/v1/api_tokens" } }, 400],
  ])("%s", (_, asked, status) => {
    expect(refusalOf(asked)).toBe(status);
  });

  test.each<[asked: Asked, status: number | "passes"]>([
    [{ method: "GET" }, "passes"],
    [{ method: "HEAD" }, "passes"],
    [{ method: "OPTIONS" }, "passes"],
    ...["POST", "PUT", "PATCH", "DELETE"].map((method): [Asked, number] => [{ method }, 403]),
    [{ headers: WEBSOCKET, path: "/ws/v2/deployments/mine/pods" }, "passes"],
    [{ headers: WEBSOCKET, path: "/ws/v1/clusters/c/tail?pod=1" }, "passes"],
    [{ headers: WEBSOCKET, path: "/ws/v1/clusters/c/terminal" }, 403],
    [{ headers: WEBSOCKET, path: "/ws/v1/clusters/c/terminal?x=/tail" }, 403],
    [{ headers: { "x-http-method-override": "DELETE" } }, 400],
  ])("read-only: %o", (asked, status) => {
    expect(refusalOf({ ...asked, rules: { isReadOnly: true } })).toBe(status);
  });
});
