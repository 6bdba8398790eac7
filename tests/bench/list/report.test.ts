import { describe, expect, it } from "vitest";
import { cost_table, memory_table } from "../../../bench/list/report.ts";

describe("the report of lists", () => {
  it("has means, medians and the worst of each list", () => {
    const pages = [
      { requests: 1, ms: 20, photos: 50 },
      { requests: 4, ms: 90, photos: 50 },
      { requests: 1, ms: 30, photos: 50 },
    ];
    expect(
      cost_table([{ library: "100", asked: "the newest 50", pages }])
        .split("\n")
        .at(-1),
    ).toBe("| 100 | the newest 50 | 50.0 | 2.00 | 4 | 30.0 | 90.0 |");
  });

  it("has the peak of the memory", () => {
    expect(
      memory_table([{ photos: 100_000, peak_bytes: 2 ** 27 }])
        .split("\n")
        .at(-1),
    ).toBe("| 100,000 | 128 |");
  });
});
