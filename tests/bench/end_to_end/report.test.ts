import { describe, expect, it } from "vitest";
import type { Measurement, Result, Row } from "../../../bench/end_to_end/report.ts";
import { bars, row_table } from "../../../bench/end_to_end/report.ts";

const MIB = 1024 * 1024;

const measurement = (of: Partial<Measurement>): Measurement => ({
  seconds: 1,
  cpu_seconds: 2,
  peak_rss: 150e6,
  requests: { read: 3, write: 10, part: 0, head: 1, other: 0 },
  s3_cpu_seconds: 0.5,
  ...of,
});

const result = (name: string, of: Partial<Measurement> = {}): Result => ({
  name,
  rounds: [measurement(of)],
});

/** Ten entries in an archive of two windows. */
const row = (...results: Result[]): Row => ({
  title: "photos",
  archive_bytes: 16 * MIB,
  entries: 10,
  small_entries: true,
  results,
});

const reached = (of: Row) => bars(of).map((bar) => [bar.bar, bar.reached]);

describe("bars", () => {
  it("are reached exactly", () => {
    const requests = { read: 4, write: 10, part: 0, head: 1, other: 0 };
    const of = row(result("ours", { requests, peak_rss: 199e6 }), {
      ...result("peer", { seconds: 3 }),
      bar: 3,
    });
    expect(reached(of)).toEqual([
      ["3 times as fast as peer", true],
      ["peak RSS under 200 MB", true],
      ["one write per entry", true],
      ["one read per 8 MiB, and two for the directory", true],
    ]);
  });

  it("are missed by a little", () => {
    const requests = { read: 5, write: 11, part: 0, head: 1, other: 0 };
    const of = row(result("ours", { requests, peak_rss: 200e6 }), {
      ...result("peer", { seconds: 2.99 }),
      bar: 3,
    });
    expect(reached(of).map(([, is_reached]) => is_reached)).toEqual([false, false, false, false]);
  });

  it("ask for no single write where entries are large", () => {
    const of = { ...row(result("ours")), small_entries: false };
    expect(reached(of).map(([bar]) => bar)).not.toContain("one write per entry");
  });

  it("take medians, and pass over a peer that failed", () => {
    const rounds = [1, 9, 2].map((seconds) => measurement({ seconds }));
    const failed = { ...result("peer", { seconds: 99 }), bar: 2, failure: "Error: no" };
    const of = row({ name: "ours", rounds }, failed, { ...result("other", { seconds: 5 }), bar: 2 });
    expect(bars(of)[0]).toEqual({
      bar: "2 times as fast as other",
      figures: "2.00 to 5.00 s: 2.50 times as fast",
      reached: true,
    });
  });

  it("are none where ours failed", () => {
    const failed = { ...result("ours"), failure: "stored 9 objects of 10" };
    expect(bars(row(failed))).toEqual([
      { bar: "it is stored", figures: "stored 9 objects of 10", reached: false },
    ]);
  });
});

describe("row_table", () => {
  it("gives ratios to ours, the requests, and why somebody has no figures", () => {
    const failed = { ...result("failed"), failure: "Error: no" };
    const table = row_table(row(result("ours"), result("peer", { seconds: 4, peak_rss: 75e6 }), failed));
    const [, , header, , ...lines] = table.split("\n");
    expect(lines).toEqual([
      "| ours | 1.00 | 1.00 to 1.00 | 1.00 | 3 | 10 | 0 | 1 | 2.00 | 1.00 | 150 | 1.00 | 0.50 | 1 |",
      "| peer | 4.00 | 4.00 to 4.00 | 4.00 | 3 | 10 | 0 | 1 | 2.00 | 1.00 | 75.0 | 0.50 | 0.50 | 1 |",
      "| failed | Error: no |  |  |  |  |  |  |  |  |  |  |  | 1 |",
    ]);
    for (const line of lines) expect(line.split("|")).toHaveLength(header?.split("|").length ?? 0);
  });
});
