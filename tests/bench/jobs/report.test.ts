import { expect, it } from "vitest";
import { costs_table, memory_table, requests_table, throughput_table } from "../../../bench/jobs/report.ts";
import type { Run } from "../../../bench/jobs/runs.ts";
import { no_tally } from "../../../bench/jobs/tally.ts";
import { read_functions_table } from "../../../local/functions_table.ts";

const MIB = 2 ** 20;
const table = read_functions_table();
const has = table.extract?.memory_mb ?? 0;

function run(peaks: readonly number[]): Run {
  const invocations = peaks.map((peak, index) => ({
    pid: index,
    init_seconds: 0,
    seconds: 1,
    cpu_seconds: 1,
    peak_rss: peak * MIB,
  }));
  return {
    title: "photos",
    file_bytes: 100e6,
    upload_seconds: 4,
    seconds: 5,
    entries: 10,
    bytes: 200e6,
    client_cpu_seconds: 1,
    tally: { ...no_tally(), calls: { extract: { PutObject: 10 } }, invocations: { extract: invocations } },
  };
}

it("what was uploaded and what was stored have rates of their own", () => {
  expect(throughput_table([run([100])])).toContain(
    "| photos | 100 | 4.00 | 25.0 | 10 | 5.00 | 40.0 | 2.00 | 1.00 |",
  );
});

it("the worker with the most memory counts, and must have less than its function", () => {
  expect(memory_table([run([100, has - 1])], table)).toContain(`| 2 | ${has - 1} | ${has} | yes |`);
  expect(memory_table([run([has, 100])], table)).toContain(`| 2 | ${has} | ${has} | **no** |`);
});

it("requests and dollars are added up", () => {
  expect(requests_table(run([1]).tally)).toContain("| together | 10 |");
  expect(costs_table(run([1]), table)).toContain(
    "| S3: PUT, COPY, POST, LIST | 10 × 0.0054 / 1,000 | 0.00005 |",
  );
});
