import { describe, expect, test } from "bun:test";
import { nameSuccessor, parseExpiry, parseScopes, parseTokenName } from "../../src/tokens/fields.ts";

const NOW = new Date("2026-03-10T12:00:00.000Z");

describe("--expires", () => {
  test.each([
    ["12h", "2026-03-11T00:00:00.000Z"],
    ["30d", "2026-04-09T12:00:00.000Z"],
    ["2w", "2026-03-24T12:00:00.000Z"],
    ["2W", "2026-03-24T12:00:00.000Z"],
    ["2026-12-31", "2026-12-31T00:00:00.000Z"],
    ["2028-02-29", "2028-02-29T00:00:00.000Z"],
    ["2026-12-31T18:30:00Z", "2026-12-31T18:30:00.000Z"],
    ["2026-12-31T18:30:00+08:00", "2026-12-31T10:30:00.000Z"],
    ["2026-12-31t18:30:00.123456789z", "2026-12-31T18:30:00.123Z"],
    ["2026-03-10T12:00:01Z", "2026-03-10T12:00:01.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(parseExpiry(text, NOW).toISOString()).toBe(expected);
  });

  test.each(
    [
      ["", "30", "30m", "1.5d", "-1d", "+1d", "1 d", " 1d", "d", "１d", "1y", "tomorrow", "never"],
      [
        "2026-13-01",
        "2026-02-30",
        "2027-02-29",
        "2026-1-1",
        "26-01-01",
        "2026-12-31T18:30:00",
        "2026-12-31 18:30:00Z",
      ],
      ["2026-12-31T24:00:00Z", "2026-12-31T18:60:00Z", "2026-12-31T18:30:00+24:00", "2026-12-31T18:30Z"],
    ].flat(),
  )("refuses %p, which is not a time", (text) => {
    expect(() => parseExpiry(text, NOW)).toThrow("is not a time");
  });

  test.each(["0d", "0h", "1990-01-01", "2026-03-10", "2026-03-10T12:00:00Z", "2026-03-10T19:59:59+08:00"])(
    "refuses %s, which is not in the future",
    (text) => {
      expect(() => parseExpiry(text, NOW)).toThrow("not in the future");
    },
  );

  test.each(["9999999999999w", "2999999d", `${"9".repeat(400)}d`])(
    "refuses %p, which is too far away",
    (text) => {
      expect(() => parseExpiry(text, NOW)).toThrow("too far away");
    },
  );
});

describe("the name of an API token", () => {
  test.each(["a", "ci", "a-1", "x".repeat(63)])("can be %s", (name) => {
    expect(parseTokenName(name)).toBe(name);
  });

  test.each(["", "1a", "-a", "a-", "A", "a_b", "a.b", "a b", "é", "a\n", "x".repeat(64)])(
    "cannot be %p",
    (name) => {
      expect(() => parseTokenName(name)).toThrow("cannot name an API token");
    },
  );

  test.each([
    ["ci", [], "ci-r2"],
    ["ci", ["ci-r2", "ci-r3"], "ci-r4"],
    ["ci-r2", [], "ci-r3"],
    ["ci-r9", ["ci-r10"], "ci-r11"],
    ["my-reader", [], "my-reader-r2"],
    ["x".repeat(63), [], `${"x".repeat(60)}-r2`],
    [`${"x".repeat(59)}-abc`, [], `${"x".repeat(59)}-r2`],
    ["My Laptop (old)", [], "my-laptop-old-r2"],
    ["2nd", [], "nd-r2"],
    ["日本", [], "token-r2"],
    ["", ["token-r2"], "token-r3"],
  ])("the successor of %p, with %p taken, is called %s", (name, taken, expected) => {
    const successor = nameSuccessor(name, new Set(taken));
    expect(successor).toBe(expected);
    expect(parseTokenName(successor)).toBe(expected);
  });
});

describe("--scope", () => {
  test("accepts the known scopes, and sends each once", () => {
    const known = ["api", "read_organization", "write_organization", "operate_organization"];
    const more = ["read_cluster", "write_cluster", "operate_cluster"];
    expect(parseScopes([...known, ...more, "api"], { force: false })).toEqual([...known, ...more]);
  });

  test("accepts other scopes only with --force, and never an empty one", () => {
    expect(() => parseScopes(["admin"], { force: false })).toThrow('unknown scope "admin"');
    expect(parseScopes(["admin"], { force: true })).toEqual(["admin"]);
    expect(() => parseScopes([" "], { force: true })).toThrow("a scope has a name");
  });
});
