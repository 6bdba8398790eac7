import { describe, expect, it } from "vitest";
import { dimensions, oriented } from "../../details/dimensions.ts";

describe("dimensions", () => {
  it("are two whole numbers of pixels", () => {
    expect(dimensions(1, 2 ** 32 - 1)).toEqual({ width: 1, height: 2 ** 32 - 1 });
    for (const none of [undefined, 0, -1, 1.5, Number.NaN, Infinity, 2 ** 32]) {
      expect(dimensions(none, 5)).toBeUndefined();
      expect(dimensions(5, none)).toBeUndefined();
    }
  });

  it.each([undefined, 0, 1, 2, 3, 4, 9, 1.5])("stay as they are with the orientation %s", (orientation) => {
    expect(oriented({ width: 3, height: 2 }, orientation)).toEqual({ width: 3, height: 2 });
  });

  it.each([5, 6, 7, 8])("are turned with the orientation %i", (orientation) => {
    expect(oriented({ width: 3, height: 2 }, orientation)).toEqual({ width: 2, height: 3 });
  });
});
