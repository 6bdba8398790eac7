import { expect, it } from "vitest";
import { REPORT } from "../../../bench/jobs/meter.ts";
import { add_call, add_line, no_tally, sum_of } from "../../../bench/jobs/tally.ts";

const report = { pid: 7, init_seconds: 0, seconds: 1.5, cpu_seconds: 0.5, peak_rss: 1e8 };
const line = `${REPORT}${JSON.stringify(report)}`;

it("calls are counted by caller and operation", () => {
  const tally = no_tally();
  add_call(tally, "extract", "PutObject");
  add_call(tally, "extract", "PutObject");
  add_call(tally, "client", "UploadPart");
  expect(tally.calls).toEqual({ extract: { PutObject: 2 }, client: { UploadPart: 1 } });
});

it("a line is a report, trouble, or nothing", () => {
  const tally = no_tally();
  add_line(tally, line, "extract");
  add_line(tally, '{"level":"INFO","message":"message"}', "extract");
  add_line(tally, "1 of 1 have failed: Runtime.ExitError", "extractions");
  expect(tally.invocations).toEqual({ extract: [report] });
  expect(tally.trouble).toEqual(["extractions: 1 of 1 have failed: Runtime.ExitError"]);
});

it("two tallies add up, and stay what they are", () => {
  const [a, b] = [no_tally(), no_tally()];
  for (const tally of [a, b]) {
    add_call(tally, "extract", "GetObject");
    add_line(tally, line, "extract");
    tally.messages += 1;
  }
  add_call(b, "job", "ListObjectsV2");
  const sum = sum_of(a, b);
  expect(sum.calls).toEqual({ extract: { GetObject: 2 }, job: { ListObjectsV2: 1 } });
  expect(sum.invocations).toEqual({ extract: [report, report] });
  expect(sum.messages).toBe(2);
  expect(a.calls).toEqual({ extract: { GetObject: 1 } });
});
