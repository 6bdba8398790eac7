import { describe, expect, it } from "vitest";
import { difference } from "../../../local/demo/difference.ts";

describe("difference", () => {
  it.each([
    ["texts", "201", "415", "201", "415"],
    ["objects", { a: 1, b: 2, c: 3 }, { a: 1, b: 4 }, { b: 2, c: 3 }, { b: 4 }],
    ["lists", [{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 3 }], [{ a: 2 }], [{ a: 3 }]],
    ["a list that lacks something", [1], [1, 2], [], [2]],
    ["lists of another order", [2, 1], [1, 2], [2, 1], [1, 2]],
    ["a list that has something twice", [1, 1], [1], [1, 1], [1]],
    ["an object and a list", { a: 1 }, [1], { a: 1 }, [1]],
    ["an object and nothing", undefined, { a: 1 }, undefined, { a: 1 }],
  ])("of %s", (_name, came, expected, shown_came, shown_expected) => {
    expect(difference(came, expected)).toEqual({ came: shown_came, expected: shown_expected });
  });
});
