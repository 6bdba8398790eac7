import { describe, expect, it } from "vitest";
import { median } from "../../../bench/archive/median.ts";

describe("median", () => {
  it("is the value in the middle, whatever the order", () => {
    expect(median([30, 4, 100])).toBe(30);
  });

  it("is half-way between the two in the middle of an even number", () => {
    expect(median([10, 1, 4, 2])).toBe(3);
  });

  it("leaves what it is given as it was", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it("refuses to make a number of nothing", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});
