import { describe, expect, it } from "vitest";
import { over_budget, type Starts, starts_table } from "../../../bench/cold/report.ts";

/** A start for each number of milliseconds, which took the processor for as long. */
const starts = (name: string, milliseconds: readonly number[], budget?: number): Starts => ({
  name,
  rounds: milliseconds.map((ms) => ({ seconds: ms / 1000, cpu_seconds: ms / 1000 })),
  ...(budget !== undefined && { budget }),
});

const bare_node = starts("bare Node", [40, 10, 20]);
const client_s3_only = starts("client-s3 only", [80]);

describe("starts_table", () => {
  it("gives medians, their ratios to the baselines, and whether the budget is met", () => {
    const list = starts("list", [100, 60, 1000], 4.8);
    const lines = starts_table([bare_node, list], { bare_node, client_s3_only }).split("\n");
    expect(lines[2]).toBe("| bare Node | 20.0 | 10.0 to 40.0 | 1.00 | 0.25 | 20.0 | 1.00 |  |  |");
    expect(lines[3]).toBe("| list | 100 | 60.0 to 1000 | 5.00 | 1.25 | 100 | 5.00 | 4.8 | **no** |");
  });
});

describe("over_budget", () => {
  it("names who takes longer than its budget, and nobody without one", () => {
    const all = [bare_node, starts("met", [50], 2.5), starts("over", [51], 2.5), starts("free", [9999])];
    expect(over_budget(all, bare_node)).toEqual(["over"]);
  });

  it("names who takes more processor time, on however idle a machine", () => {
    const busy = { name: "busy", budget: 2.5, rounds: [{ seconds: 0.03, cpu_seconds: 0.051 }] };
    expect(over_budget([busy], bare_node)).toEqual(["busy"]);
  });
});
