import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ExportTask,
  export_archive_key,
  export_part_key,
  export_plan_key,
  export_result_key,
  export_segment_key,
  export_segments_prefix,
  export_task_key,
  new_part_name,
  parse_export_task_key,
} from "../../layer/export_keys.ts";
import { parse_task_key } from "../../layer/job_keys.ts";
import { parse_photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { holds } from "../support/holds.ts";
import { user_name } from "../support/names.ts";

const job = fc.record({ user: user_name, id: fc.constant(0).map(() => new_upload_id()) });
const number = fc.integer({ min: 0, max: 999_999 });
const part: fc.Arbitrary<ExportTask["part"]> = fc.oneof(fc.constant("plan" as const), number);

describe("the key of an export's task", () => {
  it("is read back as it was made, and is neither a photo's nor an extraction's", () => {
    holds(
      fc.property(job, part, (of, asked) => {
        const key = export_task_key({ job: of, part: asked });
        expect(parse_export_task_key(key)).toEqual({ job: of, part: asked });
        expect(parse_task_key(key)).toBeUndefined();
        expect(parse_photo_key(key)).toBeUndefined();
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1_024);
      }),
    );
  });

  it.each([
    "",
    ".export_tasks/",
    ".export_tasks/ann/x/plan",
    `.export_tasks/ann/${new_upload_id()}`,
    `.export_tasks/ann/${new_upload_id()}/`,
    `.export_tasks/ann/${new_upload_id()}/1`,
    `.export_tasks/ann/${new_upload_id()}/000001_1`,
    `.export_tasks/ann/${new_upload_id()}/plan/x`,
    `.export_tasks/a%2fb/${new_upload_id()}/plan`,
    `.tasks/ann/${new_upload_id()}/plan`,
  ])("is not %s", (key) => {
    expect(parse_export_task_key(key)).toBeUndefined();
  });
});

describe("the keys of an export", () => {
  it("are all different, and segments sort by their number", () => {
    holds(
      fc.property(job, number, number, (of, a, b) => {
        const segments = [a, b].toSorted((x, y) => x - y).map((segment) => export_segment_key(of, segment));
        expect(segments.toSorted()).toEqual(segments);
        for (const key of segments) expect(key.startsWith(export_segments_prefix(of))).toBe(true);
        const keys = [
          export_plan_key(of),
          export_result_key(of),
          export_archive_key(of),
          export_segment_key(of, a),
          export_part_key(of, new_part_name(a)),
          export_part_key(of, new_part_name(a)),
        ];
        expect(new Set(keys).size).toBe(keys.length);
        for (const key of keys) {
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1_024);
          expect(parse_photo_key(key)).toBeUndefined();
        }
      }),
    );
  });
});
