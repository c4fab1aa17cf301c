import { describe, expect, test } from "bun:test";
import { routeOf } from "../../src/cloud/route.ts";
import { NO_PROXY } from "./no-proxy.ts";

/** The address of the proxy, `direct`, or the error. */
function route(url: string, env: Record<string, string>): string {
  try {
    const found = routeOf(new URL(url), env);
    return found.kind === "proxy" ? `${found.variable} ${found.proxy.href}` : "direct";
  } catch (error) {
    return (error as Error).message;
  }
}

const P = "http://proxy.test:3128";

describe("a route: which variable applies", () => {
  test.each([
    ["https://a.test", { HTTPS_PROXY: P }, "HTTPS_PROXY"],
    ["https://a.test", { https_proxy: P, HTTPS_PROXY: "http://other.test" }, "https_proxy"],
    ["https://a.test", { https_proxy: "", HTTPS_PROXY: P }, "HTTPS_PROXY"],
    ["https://a.test", { ALL_PROXY: P }, "ALL_PROXY"],
    ["https://a.test", { all_proxy: P, ALL_PROXY: "http://other.test" }, "all_proxy"],
    ["https://a.test", { HTTPS_PROXY: P, all_proxy: "socks5://other.test" }, "HTTPS_PROXY"],
    ["https://a.test", { HTTP_PROXY: P }, undefined],
    ["http://a.test", { HTTP_PROXY: P }, "HTTP_PROXY"],
    ["http://a.test", { http_proxy: P, HTTPS_PROXY: "http://other.test" }, "http_proxy"],
    ["http://a.test", { HTTPS_PROXY: P }, undefined],
    ["http://a.test", { ALL_PROXY: P }, "ALL_PROXY"],
    ["https://a.test", {}, undefined],
    ["http://localhost:3000", { HTTP_PROXY: P, ALL_PROXY: P }, undefined],
    ["https://localhost", { HTTPS_PROXY: P }, undefined],
    ["https://127.9.9.9", { HTTPS_PROXY: P }, undefined],
    ["http://[::1]", { HTTP_PROXY: P }, undefined],
    ["https://evil.localhost", { HTTPS_PROXY: P }, "HTTPS_PROXY"],
    ["https://localhost.evil.test", { HTTPS_PROXY: P }, "HTTPS_PROXY"],
    ["https://localhost.", { HTTPS_PROXY: P }, "HTTPS_PROXY"],
  ])("%s with %p: %s", (url, env, variable) => {
    expect(route(url, env as Record<string, string>)).toBe(
      variable === undefined ? "direct" : `${variable} ${P}/`,
    );
  });
});

describe("a route: what the value of a proxy variable means", () => {
  test.each([
    ["proxy.test:3128", "http://proxy.test:3128/"],
    ["me:word@proxy.test:3128", "http://me:word@proxy.test:3128/"],
    ["me:w%40rd@proxy.test", "http://me:w%40rd@proxy.test/"],
    [" http://proxy.test:3128\t", "http://proxy.test:3128/"],
    ["HTTP://Proxy.test", "http://proxy.test/"],
    ["https://proxy.test", "https://proxy.test/"],
    ["localhost:3128", "http://localhost:3128/"],
    ["[::1]:3128", "http://[::1]:3128/"],
    ["10.1.2.3", "http://10.1.2.3/"],
  ])("%p is %s", (value, proxy) => {
    expect(route("https://a.test", { HTTPS_PROXY: value })).toBe(`HTTPS_PROXY ${proxy}`);
  });

  test.each([
    ["socks5://me:S3cret@proxy.test:1080", "SOCKS is not supported"],
    ["SOCKS5H://proxy.test", "SOCKS is not supported"],
    ["socks4://proxy.test", "SOCKS is not supported"],
    ["socks://proxy.test", "SOCKS is not supported"],
    ["ftp://me:S3cret@proxy.test", "it starts neither with http:// nor with https://"],
    ["file:///etc/passwd", "it starts neither with http:// nor with https://"],
    ["//proxy.test:3128", "its value is not an address"],
    ["http://", "its value is not an address"],
    ["http:///proxy.test", "its value is not an address"],
    ["http:/proxy.test", "its value is not an address"],
    ["http:proxy.test:80", "its value is not an address"],
    [" ", "its value is not an address"],
    ['""', "its value is not an address"],
    [":3128", "its value is not an address"],
    ["proxy.test:0", "its value is not an address"],
    ["proxy.test:port", "its value is not an address"],
    ["proxy.test:65536", "its value is not an address"],
    ["proxy.test/path", "its value is not an address"],
    ["me:S3/cret@proxy.test:3128", "its value is not an address"],
    ["me:S3#cret@proxy.test:3128", "its value is not an address"],
    ["me:S3?cret@proxy.test:3128", "its value is not an address"],
    ["proxy .test", "its value is not an address"],
    ["proxy.test\nx", "its value is not an address"],
  ])("%p is an error that names the variable and not the value", (value, why) => {
    for (const name of ["HTTPS_PROXY", "all_proxy"])
      expect(route("https://a.test", { [name]: value })).toBe(
        `${name} names no proxy that can be used: ${why}`,
      );
    expect(route("https://a.test", { HTTPS_PROXY: value, NO_PROXY: "a.test" })).toBe("direct");
  });
});

describe("a route: NO_PROXY", () => {
  test.each(NO_PROXY)("%s with %p: %p", (url, value, isExempt) => {
    for (const name of ["NO_PROXY", "no_proxy"])
      expect(route(url, { ALL_PROXY: P, [name]: value }) === "direct").toBe(isExempt);
  });

  test("no_proxy counts before NO_PROXY, and an empty one does not count", () => {
    expect(route("https://a.test", { ALL_PROXY: P, no_proxy: "b.test", NO_PROXY: "a.test" })).not.toBe(
      "direct",
    );
    expect(route("https://a.test", { ALL_PROXY: P, no_proxy: "", NO_PROXY: "a.test" })).toBe("direct");
  });

  test("is read in linear time", () => {
    for (const piece of [":", "a", "[", "]", "[:", "1:", ".", "*.", "/1", "%", "a.", ","]) {
      const started = performance.now();
      route("https://a.test", { ALL_PROXY: P, NO_PROXY: piece.repeat(60_000) + "!" });
      route("https://[::2]", { ALL_PROXY: P, NO_PROXY: piece.repeat(60_000) });
      route("https://a.test", { ALL_PROXY: piece.repeat(60_000) });
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});
