import { describe, expect, test } from "bun:test";
import { median, percentile, ratio } from "../../scripts/bench/statistics.ts";

describe("statistics", () => {
  test.each([
    [[7], 7],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])("the median of %p is %p, in any order", (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test.each([
    [0, 10],
    [0.1, 14],
    [0.5, 30],
    [0.9, 46],
    [1, 50],
  ])("the percentile %p is interpolated between two values", (part, expected) => {
    expect(percentile([50, 10, 40, 20, 30], part)).toBeCloseTo(expected, 10);
  });

  test("the values are not changed, and no values have no median", () => {
    const values = [3, 1, 2];
    percentile(values, 0.9);
    expect(values).toEqual([3, 1, 2]);
    expect(() => median([])).toThrow("there is no percentile of no values");
  });

  test("a ratio compares the medians, which one slow run does not move", () => {
    expect(ratio([20, 20, 900], [10, 10, 10])).toBe(2);
  });
});
