import { describe, expect, it } from "vitest";
import type { Result, Row } from "../../../bench/archive/report.ts";
import { bars, row_table } from "../../../bench/archive/report.ts";

/** A row of 100 MB, so that a second is 100 MB/s. */
function row(...results: Result[]): Row {
  return { name: "photos-stored-blocks", title: "photos", bytes: 100e6, results };
}

function result(name: string, kind: Result["kind"], seconds: number, peak_rss = 100e6): Result {
  return { name, kind, rounds: [{ seconds, cpu_seconds: 1, peak_rss }] };
}

const reached = (of: Row) => bars(of).map((bar) => [bar.bar, bar.reached]);

describe("bars", () => {
  it("compares with the fastest JavaScript peer, and with half of bsdtar", () => {
    const slow = row(
      result("archive/", "ours", 1),
      result("a", "javascript", 2),
      result("b", "javascript", 0.9),
      result("bsdtar", "native", 0.5),
    );
    expect(reached(slow)).toEqual([
      ["faster than every JavaScript peer", false],
      ["half as fast as bsdtar", true],
      ["peak RSS under 200 MB", true],
    ]);
  });

  it("knows when memory is over the bar", () => {
    expect(reached(row(result("archive/", "ours", 1, 200e6)))).toEqual([["peak RSS under 200 MB", false]]);
  });

  it("does not count a peer that failed", () => {
    const failed = { ...result("a", "javascript", 0.1), failure: "Error: no" };
    expect(reached(row(result("archive/", "ours", 1), failed))).toEqual([["peak RSS under 200 MB", true]]);
  });

  it("is not reached where ours failed", () => {
    const failed = { ...result("archive/", "ours", 1), failure: "Error: no" };
    expect(bars(row(failed))).toEqual([{ bar: "it is read", figures: "Error: no", reached: false }]);
  });
});

describe("row_table", () => {
  it("gives the median, and how far apart the rounds were", () => {
    const rounds = [1, 4, 2].map((seconds) => ({ seconds, cpu_seconds: 1, peak_rss: 100e6, reads: 7 }));
    const table = row_table(row({ name: "archive/", kind: "ours", rounds }));
    expect(table).toContain("| archive/ | 50.0 | 25.0 to 100 | 1.00 |");
    expect(table).toContain("`archive/` made 7 reads of the file.");
  });

  it("gives ratios to ours, and why a reader has no figures", () => {
    const lines = row_table(
      row(result("archive/", "ours", 1), result("a", "javascript", 2), {
        ...result("b", "javascript", 1),
        failure: "Error: no",
      }),
    ).split("\n");
    expect(lines.slice(-3)).toEqual([
      "| archive/ | 100 | 100 to 100 | 1.00 | 1.00 | 1.00 | 100 | 1.00 | 1 |",
      "| a | 50.0 | 50.0 to 50.0 | 0.50 | 1.00 | 1.00 | 100 | 1.00 | 1 |",
      "| b | Error: no |  |  |  |  |  |  | 1 |",
    ]);
  });
});
