import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import {
  Endpoint,
  isLoopback,
  isSameEndpoint,
  isSamePlace,
  parseEndpoint,
  tokensPage,
} from "../../src/contexts/endpoint.ts";
import { redact } from "../../src/system/redact.ts";

describe("parseEndpoint", () => {
  test.each([
    ["https://cloud.test", "https://cloud.test"],
    ["https://cloud.test/", "https://cloud.test"],
    ["https://cloud.test///", "https://cloud.test"],
    ["  https://cloud.test\n", "https://cloud.test"],
    ["cloud.test", "https://cloud.test"],
    ["cloud.test:8443/team/a/", "https://cloud.test:8443/team/a"],
    ["localhost:3000", "https://localhost:3000"],
    ["HTTPS://Cloud.TEST:443/Team", "https://cloud.test/Team"],
    ["http://cloud.test:80/a b".replace(" ", "%20"), "http://cloud.test/a%20b"],
    ["http://127.0.0.1:3000", "http://127.0.0.1:3000"],
    ["http://[::1]:3000/", "http://[::1]:3000"],
    ["https://bücher.test", "https://xn--bcher-kva.test"],
    ["https://cloud.test/a/../b", "https://cloud.test/b"],
  ])("%p is %s", (text, endpoint) => {
    expect(parseEndpoint(text)).toBe(endpoint);
  });

  test.each([
    ["", "it is empty"],
    ["  ", "it is empty"],
    ["https://", "not a URL"],
    ["https:///path", "not a URL"],
    ["https:/cloud.test", "not a URL"],
    ["https:cloud.test", "not a URL"],
    ["/path", "not a URL"],
    ["//cloud.test", "not a URL"],
    ["https://cloud.test:99999", "not a URL"],
    ["https://exa mple.test", "white space"],
    ["https://cloud.test\\@evil.test", "backslash"],
    ["https://cloud\t.test", "white space"],
    ["https://cloud.test\u0000", "control characters"],
    ["ftp://cloud.test", "starts with https://"],
    ["file:///etc/passwd", "not a URL"],
    ["https://user@cloud.test", "no user name"],
    ["https://user:word@cloud.test", "no user name"],
    ["https://cloud.test?x=1", "no query"],
    ["https://cloud.test/?", "no query"],
    ["https://cloud.test#x", "no fragment"],
    ["https://cloud.test/#", "no fragment"],
  ])("%p is refused, and not printed, because it may hold a password", (text, reason) => {
    expect(() => parseEndpoint(text)).toThrow(reason);
    if (text.includes("word")) expect(() => parseEndpoint(text)).not.toThrow("word@");
  });

  test("parsing a parsed endpoint changes nothing", () => {
    for (const text of ["cloud.test/x//", "HTTP://A.test:80", "https://bücher.test/é"])
      expect(parseEndpoint(parseEndpoint(text))).toBe(parseEndpoint(text));
  });
});

describe("isSameEndpoint", () => {
  test.each([
    ["https://cloud.test", "cloud.test/", true],
    ["https://cloud.test:443", "https://CLOUD.test", true],
    ["https://cloud.test", "http://cloud.test", false],
    ["https://cloud.test", "https://cloud.test:444", false],
    ["https://cloud.test/a", "https://cloud.test/b", false],
    ["https://cloud.test", "https://cloud.test.evil.test", false],
    ["not a url", "not a url", true],
    ["not a url", "https://cloud.test", false],
  ])("%s and %s: %p", (left, right, same) => {
    expect(isSameEndpoint(left, right)).toBe(same);
    expect(isSameEndpoint(right, left)).toBe(same);
  });
});

describe("isLoopback", () => {
  test.each([
    ["http://127.0.0.1", true],
    ["http://127.9.9.9:80", true],
    ["http://localhost:3000", true],
    ["http://api.localhost", false],
    ["http://localhost.", false],
    ["http://[::ffff:127.0.0.1]", false],
    ["http://[::1]", true],
    ["http://127.0.0.1.evil.test", false],
    ["http://localhost.evil.test", false],
    ["http://notlocalhost", false],
    ["http://0.0.0.0", false],
    ["http://10.0.0.1", false],
    ["http://[::ffff:10.0.0.1]", false],
  ])("%s: %p", (endpoint, loopback) => {
    expect(isLoopback(endpoint)).toBe(loopback);
  });
});

test("tokensPage: is below the endpoint's prefix", () => {
  expect(tokensPage("https://cloud.test/team")).toBe("https://cloud.test/team/api_tokens");
});

describe("a stored endpoint with a password", () => {
  const PASSWORD = "s3cret-w0rd";

  test.each([
    ["https://svc:PASSWORD@cloud.test/team", "https://…@cloud.test/team", "https://cloud.test/team"],
    ["svc:PASSWORD@cloud.test", "…@cloud.test", "https://cloud.test"],
    ["https://PASSWORD@cloud.test", "https://…@cloud.test", "https://cloud.test"],
    [" https://:PASSWORD@cloud.test", " https://…@cloud.test", "https://cloud.test"],
    ["https://svc:a@b:PASSWORD@cloud.test", "https://…@cloud.test", "https://cloud.test"],
    ["https://svc:PASSWORD@cloud.test/a@b", "https://…@b", "https://cloud.test/a@b"],
    ["https://cloud.test/a@b", "https://cloud.test/a@b", "https://cloud.test/a@b"],
    // These are not URLs, so everything up to the last @ may be the password.
    ["https://svc:PASSWORD/x@cloud.test", "https://…@cloud.test", undefined],
    ["https://svc:#PASSWORD@cloud.test", "https://…@cloud.test", undefined],
    ["https://svc:PASSWORD@cloud.test:x", "https://…@cloud.test:x", undefined],
    ["https:/svc:PASSWORD@cloud.test", "…@cloud.test", undefined],
    ["https:\\\\svc:PASSWORD@cloud.test", "…@cloud.test", undefined],
    ["https://svc:PASS\tWORD@cloud.test", "https://…@cloud.test", undefined],
  ])("%j is masked in every conversion", (written, masked, shared) => {
    const endpoint = new Endpoint(written.replace("PASSWORD", PASSWORD));
    expect([`${endpoint}`, JSON.parse(JSON.stringify(endpoint)), tokensPage(endpoint)]).toEqual([
      masked,
      masked,
      `${masked}/api_tokens`,
    ]);
    expect(inspect({ endpoint }, { showHidden: true, depth: 9 })).toContain(`Endpoint(${masked})`);
    expect(endpoint.reveal()).toBe(written.replace("PASSWORD", PASSWORD));
    if (shared === undefined) expect(() => endpoint.withoutUserinfo()).toThrow();
    else expect(endpoint.withoutUserinfo()).toBe(shared);
    expect(redact(`the server says ${PASSWORD}`)).toBe("the server says ****");
  });

  test("is the same place as one with another password, or without one", () => {
    const [own, other, none] = ["svc:a@", "svc:b@", ""].map((text) => new Endpoint(`https://${text}x.test/`));
    for (const one of [other!, none!]) expect(isSamePlace(own!, one)).toBe(true);
    expect(isSamePlace(own!, new Endpoint("https://svc:a@y.test"))).toBe(false);
    expect(isSameEndpoint(own!, none!)).toBe(false);
  });
});
