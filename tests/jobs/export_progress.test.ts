import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { settle_export_plan } from "../../jobs/export_plan.ts";
import { export_progress } from "../../jobs/export_progress.ts";
import { settle_export_result } from "../../jobs/export_result.ts";
import { settle_segment } from "../../jobs/export_segments.ts";
import { export_archive_key, export_task_key } from "../../layer/export_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { caught_problem } from "../support/caught.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

let may_list = true;
const { store, put, close } = await start_photo_storage({ may_list: () => may_list });
quiet();
afterAll(close);

const { signal } = new AbortController();
const progress = (job: { user: string; id: string }, cursor?: string) =>
  export_progress(store, job, cursor, signal);
const new_job = () => ({ user: "ann", id: new_upload_id() });

describe("the progress of an export", () => {
  it.each([true, false])(
    "begins when it is asked for, where S3 may say that a key is missing: %s",
    async (may) => {
      may_list = may;
      const job = new_job();
      expect(await progress(job)).toBeUndefined();
      await put(export_task_key({ job, part: "plan" }), '{"all":true}');
      expect(await progress(job)).toEqual({ state: "queued", updated_at: expect.any(Date) });
      may_list = true;
    },
  );

  it("is that of the last segment, and then the result", async () => {
    const job = new_job();
    const photos: [string, number][] = [
      ["20261123T101530123Z_a.jpg", 70],
      ["20261123T101530124Z_b.jpg", 30],
    ];
    const planned = { photos, bytes: 100, segment_bytes: 16, missing: ["x"] };
    await settle_export_plan(store, job, planned, signal);
    const total = { photos: 3, bytes: 100 };
    expect(await progress(job)).toMatchObject({ state: "running", done: { photos: 0, bytes: 0 }, total });
    const segment = {
      part: "p",
      etag: "e",
      crc32: "00000000",
      bytes: 99,
      ended: [],
      open: null,
      total,
      last: false,
    };
    for (const [number, photo_bytes] of [20, 70].entries()) {
      const next = { photo: number, at: 0 };
      await settle_segment(store, job, number, { ...segment, photo_bytes, next }, signal);
    }
    expect(await progress(job, "0")).toMatchObject({
      state: "running",
      done: { photos: 1, bytes: 70 },
      total,
    });
    await put(export_archive_key(job), "x".repeat(222));
    await settle_export_result(store, job, { photos: 3, bytes: 100, missing: ["x"] }, signal);
    expect(await progress(job)).toEqual({
      state: "done",
      updated_at: expect.any(Date),
      total,
      size: 222,
      failed: 1,
      missing: ["x"],
      cursor: undefined,
    });
  });

  it("names those that are missing a thousand at a time", async () => {
    const job = new_job();
    const missing = Array.from({ length: 2_500 }, (_, index) => String(index));
    await put(export_archive_key(job));
    await settle_export_result(store, job, { photos: 2_500, bytes: 0, missing }, signal);
    const named: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined = "0"; cursor !== undefined; pages += 1) {
      const page = await progress(job, cursor);
      if (page?.state !== "done") throw new Error("The export is not done.");
      named.push(...page.missing);
      cursor = page.cursor;
    }
    expect(named).toEqual(missing);
    expect(pages).toBe(3);
    for (const cursor of ["1", "3000", "x", "-1", "1000.0"]) {
      expect((await caught_problem(() => progress(job, cursor))).code).toBe("invalid_cursor");
    }
  });

  it("may be a refusal", async () => {
    const job = new_job();
    await settle_export_plan(store, job, { refused: "too_many_photos" }, signal);
    expect(await progress(job)).toMatchObject({ state: "refused", reason: "too_many_photos" });
  });

  it.each([true, false])(
    "is nothing more where the archive has expired before its result, whether S3 says so: %s",
    async (may) => {
      const job = new_job();
      const photos: [string, number][] = [["20261123T101530123Z_a.jpg", 70]];
      const planned = { photos, bytes: 70, segment_bytes: 16, missing: [] };
      await settle_export_plan(store, job, planned, signal);
      await put(export_archive_key(job), "archive");
      await settle_export_result(store, job, { photos: 1, bytes: 70, missing: [] }, signal);
      expect(await progress(job)).toMatchObject({ state: "done", size: 7 });
      await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: export_archive_key(job) }));
      may_list = may;
      expect(await progress(job)).toBeUndefined();
      may_list = true;
    },
  );

  it("is nobody else's", async () => {
    const job = new_job();
    await put(export_archive_key(job));
    await settle_export_result(store, job, { photos: 0, bytes: 0, missing: [] }, signal);
    expect(await progress(job)).toMatchObject({ state: "done" });
    expect(await progress({ ...job, user: "eve" })).toBeUndefined();
  });
});
