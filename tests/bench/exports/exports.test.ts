import { describe, expect, it } from "vitest";
import { bench_exports, photo_bytes } from "../../../bench/exports/exports.ts";
import { opinions_table, runs_table } from "../../../bench/exports/report.ts";

describe("the exports of the bench", () => {
  it("are of 0, 1 and 70,000 photos, and of 5 GB, the last ones beyond 4 GiB", () => {
    const exports = bench_exports(1);
    expect(exports.map(({ sizes }) => sizes.length)).toEqual([0, 1, 70_000, 333, 402]);
    const { sizes = [] } = exports.at(-1) ?? {};
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(5e9);
    expect(sizes.slice(0, -1).reduce((sum, size) => sum + size, 0)).toBeGreaterThan(2 ** 32);
  });

  it("have photos that differ from their neighbours, and are the same each time", () => {
    expect(photo_bytes(1, 1_000).equals(photo_bytes(2, 1_000))).toBe(false);
    expect(photo_bytes(1, 1_000).equals(photo_bytes(1, 1_000))).toBe(true);
  });

  it("are reported with what every reader says", () => {
    const run = {
      name: "exports-one",
      photos: 70_000,
      bytes: 3e6,
      size: 3_000_140,
      seconds: 2,
      cpu_seconds: 1,
      peak_rss: 2 ** 20,
      invocations: 1,
      segments: 1,
      opinions: { unzip: "takes it" },
    };
    expect(runs_table([run])).toContain(
      "| `exports-one` | 70,000 | 3.00 | 3,000,140 | 2.00 | 1.50 | 35000 | 1.00 | 1.00 | 1 | 1 |",
    );
    expect(opinions_table([run])).toBe("| export | `unzip` |\n| --- | --- |\n| `exports-one` | takes it |");
  });
});
