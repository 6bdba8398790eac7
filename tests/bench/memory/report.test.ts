import { describe, expect, it } from "vitest";
import { memory_needed, memory_table, type Row, usage_table } from "../../../bench/memory/report.ts";

const MIB = 2 ** 20;

const usage = (cpu_seconds: number) => ({ seconds: 2 * cpu_seconds, cpu_seconds });

/** Two sandboxes, whose first invocations take as long as given and the others half of that. */
const row = (function_name: string, peak_mib: number, cpu_seconds: number): Row => ({
  function_name,
  title: "a photo",
  memory_mb: 512,
  timeout_s: 28,
  sandboxes: [peak_mib - 10, peak_mib].map((peak) => ({
    peak_at_start: 60 * MIB,
    peak_after_first: (peak - 10) * MIB,
    peak: peak * MIB,
    invocations: [usage(cpu_seconds), usage(cpu_seconds / 2), usage(cpu_seconds / 2)],
  })),
});

describe("memory_needed", () => {
  const idle = { cpu_seconds: 0, allowed_seconds: 0.5 };

  it("is the least size that is one and a half times the peak", () => {
    const needed = [85, 86, 341, 342, 1_179].map((peak) => memory_needed({ peak: peak * MIB, ...idle }));
    expect(needed).toEqual([128, 256, 512, 1_024, 1_769]);
  });

  it("is more where the share of a processor would be too small", () => {
    // At 512 MB a function has 512 / 1769 of a processor: 0.144 s take just under half a second.
    const demand = { peak: 60 * MIB, allowed_seconds: 0.5 };
    expect(memory_needed({ ...demand, cpu_seconds: 0.144 })).toBe(512);
    expect(memory_needed({ ...demand, cpu_seconds: 0.146 })).toBe(1_024);
  });

  it("is none of the sizes where one processor is too slow, or the peak too high", () => {
    expect(memory_needed({ peak: 60 * MIB, cpu_seconds: 0.51, allowed_seconds: 0.5 })).toBeUndefined();
    expect(memory_needed({ peak: 1_180 * MIB, ...idle })).toBeUndefined();
  });
});

describe("memory_table", () => {
  it("has a line for each function, with the most that any of its inputs takes", () => {
    const rows = [row("upload", 100, 0.1), row("upload", 120, 0.14), row("download", 70, 0.06)];
    expect(memory_table(rows).split("\n").slice(2)).toEqual([
      "| `upload` | 120 | 180 | 0.140 | 0.50 | 512 | 512 | yes |",
      "| `download` | 70.0 | 105 | 0.060 | 0.50 | 256 | 512 | yes |",
    ]);
  });

  it("allows a quarter of the time-out where thousands of photos are asked for", () => {
    expect(memory_table([row("unzip", 100, 2)])).toContain("| 7.00 | 512 | 512 | yes |");
  });

  it("says where the size of a function is not enough", () => {
    expect(memory_table([row("upload", 120, 0.15)])).toContain("| 1024 | 512 | **no** |");
    expect(memory_table([row("upload", 120, 0.51)])).toContain("| more | 512 | **no** |");
  });

  it("does not call a size enough where a run failed", () => {
    const failed = { ...row("upload", 100, 0.1), sandboxes: [], failure: "the process ended with SIGKILL" };
    expect(memory_table([row("upload", 120, 0.14), failed])).toContain("**a run failed**");
  });
});

describe("usage_table", () => {
  it("gives the highest peaks, and the medians of the first invocations and of the others", () => {
    expect(usage_table([row("upload", 120, 0.1)]).split("\n")[2]).toBe(
      "| `upload` | a photo | 60.0 | 110 | 120 | 200 | 100 | 100 | 50.0 | 173 |",
    );
  });

  it("gives the failure in place of figures", () => {
    const failed = { ...row("upload", 100, 0.1), failure: "it ended:\n| with SIGKILL" };
    expect(usage_table([failed]).split("\n")[2]).toBe("| `upload` | a photo | it ended:   with SIGKILL |");
  });
});
