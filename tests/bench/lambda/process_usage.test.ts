import { describe, expect, it } from "vitest";
import { cpu_seconds, cpu_seconds_of, peak_rss, peak_rss_of } from "../../../bench/lambda/process_usage.ts";

describe.runIf(process.platform === "linux")("what this process has used", () => {
  it("is more than nothing, and grows with what it does", () => {
    const before = cpu_seconds(process.pid);
    expect(before).toBeGreaterThan(0);
    for (let i = 0; cpu_seconds(process.pid) < before + 0.01 && i < 1e6; i += 1) Math.sqrt(i);
    expect(cpu_seconds(process.pid)).toBeGreaterThanOrEqual(before + 0.01);
    expect(peak_rss(process.pid)).toBeGreaterThan(2 ** 24);
  });

  it("is refused of a process that is not there", () => {
    expect(() => cpu_seconds(2 ** 30)).toThrow("ENOENT");
  });
});

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
