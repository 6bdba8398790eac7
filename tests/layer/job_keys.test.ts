import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  done_key,
  done_prefix,
  outcomes_key,
  parse_done_key,
  parse_task_key,
  plan_key,
  type Task,
  task_key,
  trial_key,
} from "../../layer/job_keys.ts";
import { parse_photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { holds } from "../support/holds.ts";
import { user_name } from "../support/names.ts";

const job = fc
  .record({ user: user_name, time: fc.integer({ min: 0, max: 253_402_300_799_999 }) })
  .map(({ user, time }) => ({ user, id: new_upload_id(time) }));
const shard = fc.integer({ min: 0, max: 999_999 });
const task: fc.Arbitrary<Task> = fc.oneof(
  fc.record({ job, part: fc.oneof(fc.constant("plan" as const), shard) }),
  fc.record({ job, part: shard, renewal: fc.integer({ min: 1, max: 9_999 }) }),
);
const amount = fc.maxSafeNat();
const counts = fc.record({
  entries: amount,
  bytes: amount,
  uploaded: amount,
  skipped: amount,
  failed: amount,
});

describe("the keys of jobs", () => {
  it("are read back as they were made", () => {
    holds(
      fc.property(task, shard, counts, (made, number, sums) => {
        expect(parse_task_key(task_key(made))).toEqual(made);
        const key = done_key(made.job, number, sums);
        expect(key.startsWith(done_prefix(made.job))).toBe(true);
        expect(parse_done_key(key)).toEqual({ shard: number, counts: sums });
      }),
    );
  });

  it("are of no more than 1,024 bytes, no photo's, and of one job only", () => {
    holds(
      fc.property(job, job, shard, counts, (one, other, number, sums) => {
        const keys = (of: typeof one) => [
          task_key({ job: of, part: "plan" }),
          task_key({ job: of, part: number }),
          task_key({ job: of, part: number, renewal: 1 }),
          plan_key(of),
          outcomes_key(of, number),
          done_key(of, number, sums),
          trial_key({ job: of, part: "plan" }),
          trial_key({ job: of, part: number }),
        ];
        const all = [...keys(one), ...keys(other)];
        expect(new Set(all).size).toBe(16);
        for (const key of all) {
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1_024);
          expect(key).toMatch(/^\.(?:tasks|jobs)\//);
          expect(parse_photo_key(key)).toBeUndefined();
        }
      }),
    );
  });

  it("sort in the order of the shards", () => {
    const of = { user: "ann", id: new_upload_id() };
    const keys = [0, 1, 9, 10, 99, 100, 5_000, 999_999].map((number) =>
      done_key(of, number, { entries: 1, bytes: 999 - number, uploaded: 0, skipped: 0, failed: 0 }),
    );
    expect(keys.toSorted()).toEqual(keys);
  });

  it.each([
    "",
    "plan",
    ".tasks/",
    ".tasks/ann/plan",
    ".tasks/ann/x/plan",
    ".tasks/ann/0123456789abcdefghijklmnop/",
    ".tasks/ann/0123456789abcdefghijklmnop/plans",
    ".tasks/ann/0123456789abcdefghijklmnop/1",
    ".tasks/ann/0123456789abcdefghijklmnop/0000001",
    ".tasks/ann/0123456789abcdefghijklmnop/000001/",
    ".tasks/ann/0123456789abcdefghijklmnop/000001_",
    ".tasks/ann/0123456789abcdefghijklmnop/000001_0",
    ".tasks/ann/0123456789abcdefghijklmnop/000001_10000",
    ".tasks/ann/0123456789abcdefghijklmnop/plan_1",
    ".tasks/a/b/0123456789abcdefghijklmnop/000001",
    ".tasks/%61nn/0123456789abcdefghijklmnop/000001",
    ".jobs/ann/0123456789abcdefghijklmnop/000001",
  ])("that nothing here has made are none: %j", (key) => {
    expect(parse_task_key(key)).toBeUndefined();
  });

  it.each([
    "",
    "000001_1_1_1_1_1",
    ".jobs/ann/x/done/000001_1_1_1_1",
    ".jobs/ann/x/done/1_1_1_1_1_1",
    ".jobs/ann/x/done/000001_1_1_1_1_-1",
  ])("say nothing of a shard that is not done: %j", (key) => {
    expect(parse_done_key(key)).toBeUndefined();
  });
});
