import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isSameSecret, refuse, type Rules } from "../../src/proxy/guard.ts";

const HOST = "127.0.0.1:4000";
const KEY = "k".repeat(64);
const COOKIE = { name: "bentocloud-4000", value: "c".repeat(64) };
const RULES: Rules = { host: HOST, key: KEY, isReadOnly: false };

interface Asked {
  method?: string;
  path?: string;
  /** A header with the value null is left out. */
  headers?: Record<string, string | null>;
  rules?: Partial<Rules>;
}

function statusOf({ method = "GET", path = "/api/v2/deployments", headers = {}, rules = {} }: Asked = {}) {
  const all = Object.entries({ host: HOST, "x-yatai-api-token": KEY, ...headers });
  const given = new Headers(all.filter((entry): entry is [string, string] => entry[1] !== null));
  const url = path.startsWith("/") ? `http://${HOST}${path}` : path;
  return refuse({ method, url: URL.parse(url), headers: given }, { ...RULES, ...rules })?.status ?? "passes";
}

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
    expect(statusOf(asked)).toBe(status);
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
    ["a WebSocket", { headers: { upgrade: "websocket" } }, "passes"],
    ["an upgrade to something else", { headers: { upgrade: "h2c" } }, 400],
    ["a list of upgrades", { headers: { upgrade: "h2c, websocket" } }, 400],
    ["a WebSocket by POST", { method: "POST", headers: { upgrade: "websocket" } }, 400],
    ["another method in a header", { headers: { "x-http-method-override": "DELETE" } }, 400],
    ["the same with underscores", { headers: { x_method_override: "DELETE" } }, 400],
    ["the same, shorter", { headers: { "x-http-method": "DELETE" } }, 400],
    ["another method in the query", { path: "/api/v2/deployments?a=1&_METHOD=delete" }, 400],
    ["a page's service worker", { headers: { "service-worker": "script" } }, 403],
    ["another path in a header", { headers: { "x-original-url": "/api/v1/api_tokens" } }, 400],
    ["another path in a header of IIS", { headers: { "x-rewrite-url": "/api/v1/api_tokens" } }, 400],
  ])("%s", (_, asked, status) => {
    expect(statusOf(asked)).toBe(status);
  });

  test.each<[asked: Asked, status: number | "passes"]>([
    [{ method: "GET" }, "passes"],
    [{ method: "HEAD" }, "passes"],
    [{ method: "OPTIONS" }, "passes"],
    ...["POST", "PUT", "PATCH", "DELETE"].map((method): [Asked, number] => [{ method }, 403]),
    [{ headers: { upgrade: "websocket" }, path: "/ws/v2/deployments/mine/pods" }, "passes"],
    [{ headers: { upgrade: "websocket" }, path: "/ws/v1/clusters/c/tail?pod=1" }, "passes"],
    [{ headers: { upgrade: "websocket" }, path: "/ws/v1/clusters/c/terminal" }, 403],
    [{ headers: { upgrade: "websocket" }, path: "/ws/v1/clusters/c/terminal?x=/tail" }, 403],
    [{ headers: { "x-http-method-override": "DELETE" } }, 400],
  ])("read-only: %o", (asked, status) => {
    expect(statusOf({ ...asked, rules: { isReadOnly: true } })).toBe(status);
  });
});

describe("API tokens and signing in", () => {
  const TOKENS = "/api/v1/api_tokens";

  test.each([
    TOKENS,
    `${TOKENS}/6b02ccd0`,
    `${TOKENS}/`,
    `${TOKENS}?start=0`,
    "/API/V1/API_TOKENS",
    "/api/v1/%61pi_tokens",
    "/api/v1/api%5Ftokens",
    "/api/v1/api_token%73/x",
    "/api/v1/x/../api_tokens",
    "/api/v1/./api_tokens",
    "/api/v1/\u017Fx/../api_token\u017F",
    "/api/v1/%EF%BD%81pi_tokens",
    "/api/v1/orgs/acme/api_tokens",
    "/api/v1/deployments/api_tokens",
    "/api/v9/organization_tokens",
    "/api/v9/service-accounts/a/access-keys",
    "/api/v9/user/credentials",
    "/api/v1/auth/token?code=1",
    "/api/v1/auth/code",
    "/api/v1/auth/login",
    "/api/v1/auth/current/x",
    "/api/v1/auth",
    "/Api/V1/Auth/Register",
    "/oauth/acme/authorize",
  ])("%s never passes", (path) => {
    for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
      expect(statusOf({ method, path })).toBe(403);
  });

  test.each([
    "/api/v1//api_tokens",
    "//api/v1/api_tokens",
    "/api/v1/api_tokens//",
    "/api/v1;x/api_tokens",
    "/api/v1/api_tokens;x=1",
    "/api/v1/api_tokens%3Bx",
    "/api/v1/x/%2e%2e%2fapi_tokens",
    "/api/v1/x%2f..%2fapi_tokens",
    "/api/v1/x%5c..%5capi_tokens",
    "/api/v1/api%255ftokens",
    "/api/v1/api_tokens%00",
    "/api/v1/api_tokens%0a",
    "/api/v1/api_tokens%20%0d",
    "/api/v1/api_tokens%c2%85",
    "/api/v1/api_tokens%e2%80%8b",
    "/api/v1/api_tokens%",
    "/api/v1/api%c1%9ftokens",
    "/api/v1/%ef%bc%8fapi_tokens",
    "/api/v1/%ef%bc%8e%ef%bc%8e/api_tokens",
  ])("%s is read in different ways, and never passes", (path) => {
    expect([400, 403]).toContain(statusOf({ path }) as number);
  });

  test.each([
    ["GET", "/api/v1/auth/current"],
    ["HEAD", "/api/v1/auth/current/"],
    ["GET", "/"],
    ["GET", "/static/js/main.js"],
    ["DELETE", "/api/v2/deployments/auth"],
    ["PUT", "/api/v2/deployments/token?cluster=a;b"],
    ["GET", "/api/v1/bento_repositories/my_tokens/bentos/1.0"],
    ["GET", "/api/v1/models?q=api_tokens"],
    ["GET", "/api/v1/clusters/a%20b/deployments"],
    ["GET", "/api/v1/clusters/%C3%BC"],
  ])("%s %s passes", (method, path) => {
    expect(statusOf({ method, path })).toBe("passes");
  });

  test.each(["PATCH", "POST", "PUT", "DELETE"])("%s of the current user is refused", (method) => {
    expect(statusOf({ method, path: "/api/v1/auth/current" })).toBe(403);
  });

  test("never pass in any spelling of the letters", () => {
    const letter = (character: string) =>
      fc.constantFrom(
        character,
        character.toUpperCase(),
        `%${character.charCodeAt(0).toString(16)}`,
        `%25${character.charCodeAt(0).toString(16)}`,
        encodeURIComponent(String.fromCodePoint(character.charCodeAt(0) + 0xfee0)),
      );
    const word = (text: string) => fc.tuple(...[...text].map(letter)).map((letters) => letters.join(""));
    const glue = fc.constantFrom(
      "/",
      "//",
      "/./",
      "/x/../",
      "/%2e/",
      "/x/%2E%2e/",
      "\\",
      "%2f",
      "%5C",
      ";a/",
      "/;/",
      "%2F%2F",
    );
    const tail = fc.constantFrom(
      "",
      "/",
      "/x",
      "?a=1",
      "#a",
      ";a",
      "%00",
      "%2f",
      "/..%2fapi_tokens",
      "/x/..",
    );
    const path = fc
      .tuple(glue, word("api"), glue, word("v1"), glue, fc.oneof(word("api_tokens"), word("auth")), tail)
      .map((parts) => `/${parts.join("")}`);
    fc.assert(
      fc.property(
        path,
        fc.constantFrom("GET", "POST", "DELETE"),
        (text, method) => statusOf({ path: text, method }) !== "passes",
      ),
      { numRuns: 2_000 },
    );
  });
});
