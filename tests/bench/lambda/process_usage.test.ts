import { describe, expect, it } from "vitest";
import { cpu_seconds_of, peak_rss_of } from "../../../bench/lambda/process_usage.ts";

describe("cpu_seconds_of", () => {
  it("adds up the nanoseconds of all threads", () => {
    expect(cpu_seconds_of(["1500000000 20 3\n", "250000000 900 1\n"])).toBe(1.75);
  });
});

describe("peak_rss_of", () => {
  it("is the high water mark in bytes", () => {
    expect(peak_rss_of("Name:\tnode\nVmPeak:\t 1126964 kB\nVmHWM:\t   68064 kB\nVmRSS:\t   51000 kB\n")).toBe(
      68_064 * 1024,
    );
  });

  it("is not taken from a line that only looks like it", () => {
    expect(() => peak_rss_of("Name:\tVmHWM: 1 kB\nVmRSS:\t   51000 kB\n")).toThrow("VmHWM");
  });
});
