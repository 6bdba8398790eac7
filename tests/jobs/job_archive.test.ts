import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { open_job_archive } from "../../jobs/job_archive.ts";
import { quarantine_key } from "../../layer/upload_keys.ts";
import { caught } from "../support/caught.ts";
import { mixed_entries, zip_of } from "../support/job_archive.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";

const { store, close } = await start_photo_storage();
afterAll(close);

const { signal } = new AbortController();

describe("open_job_archive", () => {
  it("opens the version that is meant, and no other", async () => {
    const job = await quarantined(store, zip_of(mixed_entries(3)), { kind: "archive" });
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: quarantine_key(job) });
    const { ContentLength: size = 0, ETag: etag = "" } = await store.s3.send(head);
    expect((await open_job_archive(store, job, { size, etag }, signal)).entries).toHaveLength(3);
    const other = { size, etag: '"0123456789abcdef0123456789abcdef"' };
    expect(await caught(() => open_job_archive(store, job, other, signal))).toMatchObject({
      code: "read_failed",
    });
  });
});
