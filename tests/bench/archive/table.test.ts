import { describe, expect, it } from "vitest";
import { figure, markdown_table } from "../../../bench/archive/table.ts";

describe("markdown_table", () => {
  it("has a rule under the header, and figures to the right", () => {
    expect(markdown_table(["", "MB/s"], [["yauzl", "99"]])).toBe(
      "|  | MB/s |\n| --- | ---: |\n| yauzl | 99 |",
    );
  });
});

describe("figure", () => {
  it.each([
    [1234.5, "1235"],
    [56.72, "56.7"],
    [8.9, "8.90"],
    [0.066, "0.07"],
  ])("%d is written %s", (value, written) => {
    expect(figure(value)).toBe(written);
  });
});
