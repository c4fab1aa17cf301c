import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { refusalOf } from "./asked.ts";

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
    "/api/v1/api-tokens",
    "/api/v1/apiTokens",
    "/api/v1/API_TOKENS.",
    "/api/v1/api_tokens%20",
    "/api/v1/ap%C4%B1_tokens",
    "/api/v1/auth./login",
    "/api/v1/auth%20/login",
    "/api/v1/oauth2/authorize",
    "/api/v1/auth/token?code=1",
    "/api/v1/auth/code",
    "/api/v1/auth/login",
    "/api/v1/auth/current/x",
    "/api/v1/auth",
    "/Api/V1/Auth/Register",
    "/oauth/acme/authorize",
  ])("%s never passes", (path) => {
    for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
      expect(refusalOf({ method, path })).toBe(403);
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
    "/api/v1/%c0%af..%c0%afapi_tokens",
    "/api/v1/%u0061pi_tokens",
    "/api/v1/x%ef%bf%bd",
    "/api/v1/%ef%bc%8e%ef%bc%8e/api_tokens",
  ])("%s is read in different ways, and never passes", (path) => {
    expect([400, 403]).toContain(refusalOf({ path }) as number);
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
    expect(refusalOf({ method, path })).toBe("passes");
  });

  test.each(["PATCH", "POST", "PUT", "DELETE"])("%s of the current user is refused", (method) => {
    expect(refusalOf({ method, path: "/api/v1/auth/current" })).toBe(403);
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
        (text, method) => refusalOf({ path: text, method }) !== "passes",
      ),
      { numRuns: 2_000 },
    );
  });
});
